import type { ClientBase } from 'pg';

/** The entries whose `position` is more than `after` and at most `upTo`. All of them are there, and no other ever will be. */
export interface PositionRange {
  readonly after: number;
  readonly upTo: number;
}

/** What an operator chose about a projection, as it is kept beside its checkpoint. */
export type ProjectionSettings = Readonly<Record<string, unknown>>;

/**
 * State derived from entries behind the write path. It has its own tables, which nothing else writes, and can be made
 * anew from the entries at any time.
 */
export interface Projection {
  readonly name: string;
  /** Raised whenever the same entries would be folded into other rows: tables of another version are left alone. */
  readonly version: number;
  /** For tables made from now on. Tables that are there keep the settings they were made with. */
  readonly settings: ProjectionSettings;
  /**
   * All that `fold` writes. No names for constraints, no storage options, no triggers, no views or foreign keys on them:
   * a rebuild makes each anew with `LIKE … INCLUDING ALL`, and puts it in the place of the old one.
   */
  readonly tables: readonly string[];
  /**
   * Folds one range into the tables, in the caller's transaction; the ranges before it are folded already. The same
   * entries must make the same rows, however they are cut into ranges: no clock, no randomness, nothing but entries and
   * its own tables is read. Tables are named without their schema, because a rebuild and a check let the same statements
   * find other tables of the same names. What it throws undoes the range and stops the projection there.
   *
   * Ordered by position, the entries of one account are in the order of their `seq`, without gaps over all ranges.
   */
  fold(client: ClientBase, range: PositionRange, settings: ProjectionSettings): Promise<void>;
}
