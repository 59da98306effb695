import type { Extra, Suspect } from './compare-group.js';

/** Looked at one by one; the count counts all. */
const MOST_SUSPECTS = 10_000;

/** What one kind of leaves came to: those that were signed, or the others. */
export class Tally {
  readonly suspects: Suspect[] = [];
  readonly extras: Extra[] = [];
  more = 0;
  entries = 0;

  add(suspects: readonly Suspect[], extras: readonly Extra[], entries: number): void {
    const room = MOST_SUSPECTS - this.suspects.length - this.extras.length;
    this.suspects.push(...suspects.slice(0, room));
    this.extras.push(...extras.slice(0, Math.max(0, room - suspects.length)));
    this.more += Math.max(0, suspects.length + extras.length - room);
    this.entries += entries;
  }
}
