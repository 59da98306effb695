import type { PricedEvent } from '../../ledger/domain/priced-event.js';
import { addTo, type PastEntry, type Sums } from './past-entry.js';

/** A spend that the account could not have paid for. */
export interface WouldBeRefused {
  readonly seq: number;
  readonly unit: string;
  readonly required: bigint;
  readonly available: bigint;
}

/**
 * One account as it would have been with other prices, all else equal: it was granted the same and wanted the same. Keeps
 * what it really had available, and by how much the other prices would have left it more or less by then. A reservation
 * that would have been refused is never spent. Counts every lot, whatever it may be spent on.
 */
export class AccountReplay {
  /** What the other prices had taken by now beyond the real ones, open holds included. */
  private readonly taken: Sums = new Map();
  /** Open holds, and what they have of that; those refused hold nothing. */
  private readonly holds = new Map<number, { readonly refused: boolean; readonly beyond: Sums }>();

  /** @param available of each unit, before the first entry */
  constructor(private readonly available: Sums) {}

  /**
   * @param candidate what the entry's event costs at the other prices, by unit; null where it has no event, or no price
   * @returns the first unit in which the spend would have been refused
   */
  follow(entry: PastEntry, candidate: Sums | null): WouldBeRefused | null {
    const refused = entry.event === null || candidate === null ? null : this.priced(entry, entry.event, candidate);
    addTo(this.available, entry.unit, entry.available);
    if (entry.closes && entry.reservation !== null) this.close(entry.reservation);
    return refused;
  }

  private priced(entry: PastEntry, { lines }: PricedEvent, candidate: Sums): WouldBeRefused | null {
    if (entry.type === 'commit' && entry.reservation !== null) {
      const refused = this.holds.get(entry.reservation)?.refused === true;
      for (const { unit, amount } of lines)
        addTo(this.taken, unit, (refused ? 0n : (candidate.get(unit) ?? 0n)) - amount);
      return null;
    }
    const short = this.firstShort(entry.seq, candidate);
    const beyond: Sums = new Map();
    for (const [unit, amount] of candidate) addTo(beyond, unit, short === null ? amount : 0n);
    for (const { unit, amount } of lines) addTo(beyond, unit, -amount);
    for (const [unit, amount] of beyond) addTo(this.taken, unit, amount);
    if (entry.type === 'reserve') this.holds.set(entry.seq, { refused: short !== null, beyond });
    return short;
  }

  /** What it held is back; what was committed of it was counted by itself. */
  private close(reservation: number): void {
    for (const [unit, amount] of this.holds.get(reservation)?.beyond ?? []) addTo(this.taken, unit, -amount);
    this.holds.delete(reservation);
  }

  private firstShort(seq: number, candidate: Sums): WouldBeRefused | null {
    for (const [unit, required] of candidate) {
      const available = (this.available.get(unit) ?? 0n) - (this.taken.get(unit) ?? 0n);
      if (required > 0n && required > available)
        return { seq, unit, required, available: available > 0n ? available : 0n };
    }
    return null;
  }
}
