import type { LedgerCheck } from '../history/check-ledger.js';
import { describeDifferences } from '../history/difference.js';
import type { ChaosOptions, ChaosResult } from './run-chaos.js';

/** True when nothing was lost, nothing refused was applied, and the service died only when it was killed. */
export function isProven({ throughApi, throughSql, inTables, unexpectedExits }: ChaosResult): boolean {
  const problems = [throughApi.differences, throughSql.differences, inTables, unexpectedExits];
  return problems.every(({ length }) => length === 0);
}

/** Acknowledged entries that are not in the tables as they were told. */
export function lossesOf({ throughSql }: ChaosResult): number {
  return throughSql.differences.filter(({ rule }) => rule === 'acknowledged_lost').length;
}

export function describeChaos(options: ChaosOptions, result: ChaosResult): string {
  const { kills, quietKills, history, throughSql } = result;
  const repeats = `${count(history.lostAttempts)} attempts without an answer, ${count(history.replays)} answers replayed`;
  return [
    '',
    `Kills        ${kills.service} of the service, ${kills.postgres} of PostgreSQL, ${kills.both} of both at once; ${quietKills} while nothing was under way`,
    `Outage       at most ${Math.round(result.longestOutageMs)} ms from a kill to the next answer`,
    `Operations   ${count(result.operations)} by ${options.clients} clients, seed ${options.seed}: ${count(throughSql.acknowledged)} acknowledged, ${count(throughSql.refused)} refused`,
    `Unknown      ${repeats}, ${count(result.settled)} outcomes settled by a retry at the end`,
    `Through API  ${describeCheck(result.throughApi)}`,
    `Through SQL  ${describeCheck(throughSql)}`,
    `Invariants   ${describeInvariants(result.inTables)}`,
    ...result.unexpectedExits.map(exit => `THE SERVICE ENDED BY ITSELF: ${exit}`),
    '',
    verdict(options, result),
  ].join('\n');
}

function describeCheck({ entries, accounts, differences }: LedgerCheck): string {
  const compared = `${count(entries)} entries of ${count(accounts)} accounts compared, ${count(differences.length)} differences`;
  return differences.length === 0 ? compared : `${compared}\n${describeDifferences(differences)}`;
}

function describeInvariants(inTables: ChaosResult['inTables']): string {
  if (inTables.length === 0) return 'in every account seqs are 1..n, sums are the fold, holds are what is held';
  return `${count(inTables.length)} broken\n${describeDifferences(inTables)}`;
}

function verdict(options: ChaosOptions, result: ChaosResult): string {
  if (!options.unsafe) return isProven(result) ? 'Nothing acknowledged was lost.' : 'FAILED: see the differences.';
  const losses = lossesOf(result);
  return losses > 0
    ? `The control fails as it must: ${count(losses)} acknowledged entries are gone with synchronous_commit=off.`
    : 'THE CONTROL DID NOT FAIL: no loss was noticed with synchronous_commit=off.';
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
