import type { Latencies, LatencySummary } from '../client/latencies.js';
import { formatAmount } from '../history/amounts.js';
import type { LedgerCheck } from '../history/check-ledger.js';
import { describeDifferences } from '../history/difference.js';
import type { History } from '../history/history.js';
import type { RequestEnd } from './run-request.js';
import type { TraceSurvey } from './run-trace.js';

export interface TraceResult {
  readonly survey: TraceSurvey;
  readonly ends: ReadonlyMap<RequestEnd, number>;
  readonly sendingMs: number;
  readonly settled: number;
  readonly history: History;
  readonly latencies: Latencies;
  readonly check: LedgerCheck;
}

const END_NAMES: Record<RequestEnd, string> = {
  spent: 'spent what they used',
  released: 'given up and released',
  cut_short: 'cut short by an empty account',
  refused: 'refused before they ran',
  unsettled: 'left without an answer, settled afterwards',
};

export function describeBadRows({ badRows, badRowCount }: TraceSurvey): string {
  const lines = badRows.map(({ line, problem }) => `  line ${line} ${problem}`);
  if (badRowCount > badRows.length) lines.push(`  … and ${badRowCount - badRows.length} more`);
  return [`${count(badRowCount)} rows cannot be read and are left out:`, ...lines].join('\n');
}

export function describeResult(result: TraceResult): string {
  const { survey, ends, sendingMs, settled, history, latencies, check } = result;
  const summaries = latencies.summary();
  // The accounts are funded before the clock starts.
  const sent = summaries.filter(({ operation }) => operation !== 'grant');
  const calls = sent.reduce((sum, summary) => sum + summary.count, 0);
  const perSecond = (n: number): string => count(Math.round(n / (sendingMs / 1000)));
  const endLines = [...ends]
    .sort((a, b) => b[1] - a[1])
    .map(([end, n]) => `  ${count(n).padStart(8)} ${END_NAMES[end]}`);
  return [
    '',
    `${count(survey.requests)} requests in ${(sendingMs / 1000).toFixed(1)} s: ${perSecond(survey.requests)} requests/s, ${perSecond(calls)} calls/s`,
    ...endLines,
    '',
    ...latencyTable(summaries),
    '',
    `Refusals     ${describeRefusals(history)}`,
    `Repeats      ${count(history.replays)} answers replayed, ${count(history.lostAttempts)} attempts without an answer, ${count(settled)} outcomes settled at the end`,
    `Credits      ${describeCredits(history)}`,
    '',
    describeCheck(check),
  ].join('\n');
}

function latencyTable(summaries: readonly LatencySummary[]): string[] {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(9))).join(' ');
  const ms = (value: number): string => value.toFixed(1);
  return [
    row(['operation', 'calls', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms']),
    ...summaries.map(({ operation, count: n, p50Ms, p95Ms, p99Ms, maxMs }) =>
      row([operation, count(n), ms(p50Ms), ms(p95Ms), ms(p99Ms), ms(maxMs)]),
    ),
  ];
}

function describeRefusals(history: History): string {
  const byCode = [...history.refusalsByCode].map(([code, n]) => `${code} ${count(n)}`);
  return byCode.length === 0 ? 'none' : byCode.join(', ');
}

/** By the client's own arithmetic over what was acknowledged. */
function describeCredits(history: History): string {
  let granted = 0n;
  let held = 0n;
  let spent = 0n;
  let refunded = 0n;
  for (const { operation, acknowledged } of history.all()) {
    if (acknowledged === null) continue;
    const { effect } = operation;
    granted += effect.granted ?? 0n;
    if ((effect.held ?? 0n) > 0n) held += effect.held!;
    if ((effect.spent ?? 0n) > 0n) spent += effect.spent!;
    else refunded -= effect.spent ?? 0n;
  }
  const returned = returnedFromHolds(history);
  return `granted ${formatAmount(granted)}, held ${formatAmount(held)}, spent ${formatAmount(spent)}, returned unspent ${formatAmount(returned)}, refunded ${formatAmount(refunded)}`;
}

function returnedFromHolds(history: History): bigint {
  let returned = 0n;
  for (const { operation, acknowledged } of history.all()) {
    const { held, available } = operation.effect;
    if (acknowledged !== null && held !== undefined && held < 0n && available !== undefined && available > 0n) {
      returned += available;
    }
  }
  return returned;
}

function describeCheck(check: LedgerCheck): string {
  const compared = `${count(check.acknowledged)} acknowledged and ${count(check.refused)} refused operations compared with ${count(check.entries)} entries of ${count(check.accounts)} accounts`;
  if (check.differences.length === 0) return `Verified     ${compared}: 0 differences`;
  return `NOT VERIFIED ${compared}: ${count(check.differences.length)} differences\n${describeDifferences(check.differences)}`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
