import type { Entry } from './entry.js';

/** Who may hold an account frozen at once. */
export const MAX_HOLDERS = 100;

/** Callers hold an account frozen under this name, all of them together. */
export const CALLER = 'caller';

/** Who holds the account from this freeze on. */
export function holdersOf({ settings }: Entry): readonly string[] {
  return settings?.frozenBy ?? [CALLER];
}
