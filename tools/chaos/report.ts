import type { LedgerCheck } from '../history/check-ledger.js';
import { describeDifferences } from '../history/difference.js';
import { isPunctual, type Punctuality } from './quiet-holds.js';
import type { ChaosOptions, ChaosResult } from './run-chaos.js';
import type { Victim } from './system-under-test.js';

/** True when nothing was lost, nothing refused was applied, and the service died only when it was killed. */
export function isProven({ punctualWithinMs }: ChaosOptions, result: ChaosResult): boolean {
  const { throughApi, throughSql, inTables, unexpectedExits, punctuality } = result;
  const problems = [throughApi.differences, throughSql.differences, inTables, unexpectedExits];
  return (
    problems.every(({ length }) => length === 0) && (punctuality === null || isPunctual(punctuality, punctualWithinMs))
  );
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
    `Kills        ${describeKills(kills)}; ${quietKills} while nothing was under way`,
    `Outage       at most ${Math.round(result.longestOutageMs)} ms from a kill to the next answer`,
    `Operations   ${count(result.operations)} by ${options.clients} clients, seed ${options.seed}: ${count(throughSql.acknowledged)} acknowledged, ${count(throughSql.refused)} refused`,
    `Unknown      ${repeats}, ${count(result.settled)} outcomes settled by a retry at the end`,
    `Through API  ${describeCheck(result.throughApi)}`,
    `Through SQL  ${describeCheck(throughSql)}`,
    `Invariants   ${describeInvariants(result.inTables)}`,
    ...(result.punctuality === null ? [] : [`Holds        ${describePunctuality(result.punctuality)}`]),
    ...result.unexpectedExits.map(exit => `THE SERVICE ENDED BY ITSELF: ${exit}`),
    '',
    verdict(options, result),
  ].join('\n');
}

const VICTIMS: Readonly<Record<Victim, string>> = {
  service: 'of the service',
  postgres: 'of PostgreSQL',
  both: 'of both at once',
  worker: 'of a worker',
  redis: 'of Redis',
};

function describeKills(kills: ChaosResult['kills']): string {
  const suffered = Object.entries(kills).filter(([, times]) => times > 0);
  return suffered.map(([victim, times]) => `${times} ${VICTIMS[victim as Victim]}`).join(', ');
}

function describePunctuality({ holds, worstMs, standing, wrongWithoutWorkers }: Punctuality): string {
  const ended = `${count(holds)} that nobody touched ended by themselves, at most ${Math.round(worstMs)} ms late`;
  const without = `${wrongWithoutWorkers} wrong where no worker ran`;
  return `${ended}; ${standing} left standing; ${without}`;
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
  if (!options.unsafe)
    return isProven(options, result) ? 'Nothing acknowledged was lost.' : 'FAILED: see the differences.';
  const losses = lossesOf(result);
  return losses > 0
    ? `The control fails as it must: ${count(losses)} acknowledged entries are gone with synchronous_commit=off.`
    : 'THE CONTROL DID NOT FAIL: no loss was noticed with synchronous_commit=off.';
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
