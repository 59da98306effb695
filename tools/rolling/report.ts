import type { LedgerCheck } from '../history/check-ledger.js';
import { describeDifferences } from '../history/difference.js';
import type { RollingOptions, RollingResult } from './run-rolling.js';

/** True when every answer was right, everything acknowledged is there, and every stop ended with 0. */
export function isProven({ throughApi, throughSql, inTables, badExits }: RollingResult): boolean {
  const problems = [throughApi.differences, throughSql.differences, inTables, badExits];
  return problems.every(({ length }) => length === 0);
}

export function describeRolling(options: RollingOptions, result: RollingResult): string {
  const { history, wholeCalls, throughSql, inTables } = result;
  const perSecond = Math.round(result.operations / result.seconds);
  return [
    '',
    `Restarts     ${result.restarts} of ${options.replicas} replicas, one after another, in ${Math.round(result.seconds)} s; the longest stop took ${Math.round(result.longestStopMs)} ms`,
    `Operations   ${count(result.operations)} by ${options.clients} clients (${count(perSecond)} a second), seed ${options.seed}: ${count(throughSql.acknowledged)} acknowledged, ${count(throughSql.refused)} refused`,
    `Latency      p50 ${ms(wholeCalls.p50Ms)}, p99 ${ms(wholeCalls.p99Ms)}, longest ${ms(wholeCalls.maxMs)}: from the first attempt to the known outcome, whole run`,
    `Unknown      ${count(history.lostAttempts)} attempts without an answer (clients hang up on purpose), ${count(history.replays)} answers replayed, ${count(result.refusedConnections)} connections refused`,
    `Through API  ${describeCheck(result.throughApi)}`,
    `Through SQL  ${describeCheck(throughSql)}`,
    `Invariants   ${inTables.length === 0 ? 'in every account seqs are 1..n, sums are the fold, holds are what is held' : `${count(inTables.length)} broken\n${describeDifferences(inTables)}`}`,
    ...result.badExits.map(exit => `BAD EXIT: ${exit}`),
    '',
    isProven(result) ? 'Every answer was right, everything acknowledged is there.' : 'FAILED: see the differences.',
  ].join('\n');
}

function describeCheck({ entries, accounts, differences }: LedgerCheck): string {
  const compared = `${count(entries)} entries of ${count(accounts)} accounts compared, ${count(differences.length)} differences`;
  return differences.length === 0 ? compared : `${compared}\n${describeDifferences(differences)}`;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
