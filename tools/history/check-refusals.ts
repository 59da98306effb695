import { formatAmount, parseAmount } from './amounts.js';
import type { Observation } from './check-order.js';
import type { Difference } from './difference.js';
import type { Refusal, Told } from './history.js';
import type { Timeline } from './timeline.js';

/**
 * A refusal for lack of credits names what was available. That must have been so, and too little, at some moment between
 * the question and the answer: a replica that refuses from a stale cache is found here.
 * @param lastSeq of the ledger: what time did last is told of by the refusal alone
 */
export function checkRefusals(
  account: string,
  told: readonly Told[],
  observations: readonly Observation[],
  timeline: Timeline,
  lastSeq: number,
): Difference[] {
  const window = decisionWindows(observations, lastSeq);
  const differences: Difference[] = [];
  for (const { operation, refusals } of told) {
    for (const refusal of refusals) {
      const [from, to] = window(refusal);
      if (!wasTrue(refusal, from, to, timeline)) {
        const said = JSON.stringify(refusal.problem.shortfall);
        const message = `${operation.kind} ${operation.key} was refused for ${said}, but ${describe(from, to, timeline)}`;
        differences.push({ account, rule: 'untrue_refusal', message });
      }
    }
  }
  return differences;
}

function wasTrue(refusal: Refusal, from: number, to: number, timeline: Timeline): boolean {
  const { shortfall } = refusal.problem;
  if (shortfall === undefined) return true;
  if (!shortfall.some(line => parseAmount(line.required) > parseAmount(line.available))) return false;
  for (let seq = from; seq <= to; seq++) {
    if (shortfall.every(line => timeline.at(seq, line.unit).available === parseAmount(line.available))) return true;
  }
  return false;
}

/** From which seq to which the account could have stood while a refusal was decided. */
function decisionWindows(
  observations: readonly Observation[],
  lastSeq: number,
): (refusal: Refusal) => [from: number, to: number] {
  const byAnswer = [...observations].sort((a, b) => a.answeredAt - b.answeredAt);
  const highestAnswered = runningMax(byAnswer.map(({ seq }) => seq));
  const writesBySending = observations.filter(({ wrote }) => wrote).sort((a, b) => b.sentAt - a.sentAt);
  const lowestSentLater = runningMax(writesBySending.map(({ seq }) => -seq));
  return ({ sentAt, answeredAt }) => {
    const before = countWhile(byAnswer, observation => observation.answeredAt < sentAt);
    const after = countWhile(writesBySending, observation => observation.sentAt > answeredAt);
    const from = before === 0 ? 0 : highestAnswered[before - 1]!;
    const to = after === 0 ? lastSeq : -lowestSentLater[after - 1]! - 1;
    return [from, Math.max(from, to)];
  };
}

function runningMax(values: readonly number[]): number[] {
  let max = -Infinity;
  return values.map(value => (max = Math.max(max, value)));
}

/** How many leading items satisfy a condition that never comes back once it failed. */
function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function describe(from: number, to: number, timeline: Timeline): string {
  const first = formatAmount(timeline.at(from, 'credits').available);
  const last = formatAmount(timeline.at(to, 'credits').available);
  return `available went from ${first} at seq ${from} to ${last} at seq ${to}`;
}
