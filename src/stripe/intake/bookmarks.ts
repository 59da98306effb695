import type { Mode } from '../../ledger/submission.js';
import type { Queryable } from '../../ledger/store/queryable.js';

const BEGIN = `
INSERT INTO stripe_bookmarks (mode, listed_through) VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT stripe_bookmarks_once DO NOTHING`;
const FIND = `
SELECT extract(epoch FROM listed_through)::float8 * 1000 AS through FROM stripe_bookmarks WHERE mode = $1`;
/** Only from where it was left: an operator may have set it back meanwhile. */
const MOVE = `
UPDATE stripe_bookmarks SET listed_through = $3 WHERE mode = $1 AND listed_through = $2 RETURNING mode`;
const SET_BACK = `
UPDATE stripe_bookmarks SET listed_through = least(listed_through, $2) WHERE mode = $1`;

/** How far Stripe's list of events was walked, by mode; milliseconds. */
export class Bookmarks {
  constructor(private readonly database: Queryable) {}

  /** Where it is; at `first` where nothing was walked yet. */
  async begin(mode: Mode, first: number): Promise<number> {
    await this.database.query({ text: BEGIN, values: [mode, new Date(first)] });
    return (await this.database.query<{ through: number }>({ text: FIND, values: [mode] })).rows[0]!.through;
  }

  /** @returns false where it is not at `from` any more */
  async move(mode: Mode, from: number, to: number): Promise<boolean> {
    const values = [mode, new Date(from), new Date(to)];
    return (await this.database.query({ text: MOVE, values })).rows.length === 1;
  }

  /** Has everything since `to` walked again. */
  async setBack(mode: Mode, to: number): Promise<void> {
    await this.begin(mode, to);
    await this.database.query({ text: SET_BACK, values: [mode, new Date(to)] });
  }
}
