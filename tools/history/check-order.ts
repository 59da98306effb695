import type { Difference } from './difference.js';

/** An answer and the state it spoke of. */
export interface Observation {
  readonly what: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** The account's seq after it. */
  readonly seq: number;
  /** False for reads, which may share a seq with what they saw. */
  readonly wrote: boolean;
}

/**
 * Real time and `seq` agree: what was asked after another answer had come stands after it. The seq in every answer turns
 * the search for a linear order of a concurrent history into a sort.
 */
export function checkOrder(account: string, observations: readonly Observation[]): Difference[] {
  const differences: Difference[] = [];
  const sorted = [...observations].sort((a, b) => b.seq - a.seq || Number(a.wrote) - Number(b.wrote));
  /** The earliest answer among all that stand higher: nothing lower may have been asked after it. */
  let higher: Observation | undefined;
  for (let start = 0; start < sorted.length;) {
    let end = start;
    while (end < sorted.length && sorted[end]!.seq === sorted[start]!.seq) end++;
    const sameSeq = sorted.slice(start, end);
    const reads = sameSeq.filter(({ wrote }) => !wrote);
    const writes = sameSeq.filter(({ wrote }) => wrote);
    for (const read of reads) compare(read, higher);
    const seenBy = reads.reduce(earlier, higher);
    for (const write of writes) compare(write, seenBy);
    higher = writes.reduce(earlier, seenBy);
    start = end;
  }
  return differences;

  function compare(lower: Observation, answered: Observation | undefined): void {
    if (answered === undefined || lower.sentAt <= answered.answeredAt) return;
    const message = `${lower.what} was asked after ${answered.what} had been answered at seq ${answered.seq}, and was answered at seq ${lower.seq}`;
    differences.push({ account, rule: 'stale_answer', message });
  }
}

function earlier(a: Observation | undefined, b: Observation): Observation {
  return a === undefined || b.answeredAt < a.answeredAt ? b : a;
}
