import { addSums, describeSums, noSums, SUM_NAMES, type Sums } from './amounts.js';
import type { Difference } from './difference.js';
import type { LedgerEntry } from './ledger-account.js';

interface Point {
  readonly seq: number;
  readonly sums: Sums;
}

/** The balances of one account after each of its entries, folded here from the entries' own deltas. */
export class Timeline {
  readonly differences: Difference[] = [];
  readonly #points = new Map<string, Point[]>();

  constructor(account: string, entries: readonly LedgerEntry[]) {
    entries.forEach((entry, index) => {
      if (entry.seq !== index + 1) this.#differ(account, 'seq_gap', `entry ${index + 1} has seq ${entry.seq}`);
      if (entry.unit !== null) this.#add(account, entry, entry.unit);
    });
  }

  units(): string[] {
    return [...this.#points.keys()];
  }

  /** The sums once every entry up to `seq` is in. */
  at(seq: number, unit: string): Sums {
    const points = this.#points.get(unit) ?? [];
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return points[low - 1]?.sums ?? noSums();
  }

  #add(account: string, entry: LedgerEntry, unit: string): void {
    const points = this.#points.get(unit) ?? [];
    const sums = { ...(points.at(-1)?.sums ?? noSums()) };
    addSums(sums, entry.deltas);
    points.push({ seq: entry.seq, sums });
    this.#points.set(unit, points);
    const problem = brokenIdentity(entry.deltas, 'its deltas') ?? brokenIdentity(sums, 'the sums') ?? impossible(sums);
    if (problem !== null) this.#differ(account, 'sums_broken', `entry ${entry.seq} (${entry.type}): ${problem}`);
  }

  #differ(account: string, rule: Difference['rule'], message: string): void {
    this.differences.push({ account, rule, message });
  }
}

function brokenIdentity(sums: Sums, what: string): string | null {
  const rest = sums.available + sums.held + sums.spent + sums.expired + sums.revoked - sums.debt;
  return sums.granted === rest ? null : `${what} do not balance: ${describeSums(sums)}`;
}

function impossible(sums: Sums): string | null {
  const negative = SUM_NAMES.filter(name => sums[name] < 0n);
  if (negative.length > 0) return `${negative.join(' and ')} negative: ${describeSums(sums)}`;
  return sums.debt > 0n && sums.available > 0n ? `debt beside available: ${describeSums(sums)}` : null;
}
