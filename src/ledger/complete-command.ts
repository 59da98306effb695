import { lotOf, type AccountState } from './domain/account.js';
import type { Command } from './domain/command.js';
import type { Entry } from './domain/entry.js';
import { missing, type Missing } from './domain/recall.js';
import type { SubmittedCommand } from './submission.js';

/** Nowhere a unit's name; a lot asked for under it is found by its number all the same. */
const UNKNOWN_UNIT = '';
const NOTHING: Missing = { reservations: [], lots: [], charges: [], revocations: [], freezes: [] };

export type Completed =
  { readonly ok: true; readonly command: Command } | { readonly ok: false; readonly missing: Missing };

/**
 * Makes a submitted command one that can be decided: with the unit of the lot, the reservation of the entry, and all the
 * history it looks back at; or says what has to be recalled first. What was `asked` for and not found does not exist.
 * @param entries by `seq`, those that were recalled
 */
export function completeCommand(
  state: AccountState,
  submitted: SubmittedCommand,
  entries: ReadonlyMap<number, Entry>,
  asked: ReadonlySet<string>,
): Completed {
  const command = withUnitOrReservation(state, submitted, entries, asked);
  if ('missing' in command) return { ok: false, missing: command.missing };
  const lacking = missing(state, command, asked);
  return lacking === null ? { ok: true, command } : { ok: false, missing: lacking };
}

function withUnitOrReservation(
  state: AccountState,
  submitted: SubmittedCommand,
  entries: ReadonlyMap<number, Entry>,
  asked: ReadonlySet<string>,
): Command | { readonly missing: Missing } {
  if (submitted.type === 'revoke') {
    const unit = unitOfLot(state, submitted.lot);
    if (unit !== undefined || asked.has(`lot:${submitted.lot}`)) return { ...submitted, unit: unit ?? UNKNOWN_UNIT };
    return { missing: { ...NOTHING, lots: [{ unit: UNKNOWN_UNIT, no: submitted.lot }] } };
  }
  if (submitted.type === 'refund-entry') {
    if ('reservation' in submitted) return submitted;
    const { entry } = submitted;
    if (!state.recalled.charges.has(entry) && !asked.has(`charge:${entry}`)) {
      return { missing: { ...NOTHING, charges: [entry] } };
    }
    return { ...submitted, reservation: entries.get(entry)?.reservation ?? null };
  }
  return submitted;
}

function unitOfLot(state: AccountState, no: number): string | undefined {
  for (const unit of state.units.keys()) {
    const lot = lotOf(state, unit, no);
    if (lot !== undefined) return lot.unit;
  }
  return undefined;
}

/** What is being asked for, in the words of `missing`. */
export function askedFor({ reservations, lots, charges, revocations, freezes }: Missing): string[] {
  return [
    ...reservations.map(no => `reservation:${no}`),
    ...lots.map(({ no }) => `lot:${no}`),
    ...charges.map(seq => `charge:${seq}`),
    ...revocations.map(seq => `revocation:${seq}`),
    ...freezes.map(seq => `freeze:${seq}`),
  ];
}
