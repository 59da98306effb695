import type { Moment } from '../../ledger/domain/account.js';

/**
 * Where a replay ends on purpose: of each account a beginning of its stream, because neither seq nor position nor
 * `effective_at` ever decreases along it.
 */
export type Until =
  /** The entries of one account up to this one. */
  | { readonly by: 'seq'; readonly seq: number }
  /** All entries up to this one, in the order of insertion. */
  | { readonly by: 'position'; readonly position: number }
  /** All entries that had taken effect by then, this moment included. */
  | { readonly by: 'moment'; readonly at: Moment };

/** As `CHOOSE_RANGE` is told: which of the numbers of an entry counts, and the last of it. */
export function untilSetting(until: Until | null): string {
  switch (until?.by) {
    case undefined:
      return '';
    case 'seq':
      return String(until.seq);
    case 'position':
      return String(until.position);
    case 'moment':
      return String(until.at);
    default:
      throw new Error(`unknown end of a replay ${String(until satisfies never)}`);
  }
}
