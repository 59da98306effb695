import type { EntryNo } from '../log/heads.js';

/**
 * - `changed`: the entry is not what it was; `missing`: it is gone; `cut-off`: it and all after it are gone;
 * - `inserted`: it was not there; `moved`: it was given another number or place; `swapped`: so were two, with each other;
 * - `renamed`: the account had another name; `texts-returned`: erased, and texts are there again;
 * - `log`: the database's log is not the one that was signed; `table`: what protects the table is gone;
 * - `inconsistent`: two checkpoints of one ledger that cannot both be true.
 */
export type FindingKind =
  | 'changed'
  | 'missing'
  | 'cut-off'
  | 'inserted'
  | 'moved'
  | 'swapped'
  | 'renamed'
  | 'texts-returned'
  | 'log'
  | 'table'
  | 'inconsistent';

/** Something that is not as it was signed. */
export interface Finding {
  readonly kind: FindingKind;
  /** Which entry; null for what is about no entry alone. */
  readonly entry: EntryNo | null;
  /** The account as it is named now; null where nothing names it. */
  readonly account: string | null;
  /** What is wrong, in words that follow the entry's. */
  readonly words: string;
  /** After what was signed: nobody vouches for what it is held against. */
  readonly unsigned: boolean;
}
