import type { Queryable } from '../../ledger/store/queryable.js';
import type { Target } from '../../ledger/submission.js';

/** A lot that a subscription gave. */
export interface GivenLot {
  /** Of the entry that made it. */
  readonly seq: number;
  readonly unit: string;
  readonly amount: bigint;
}

/** The entries of a command are one behind the other: grants of the subscription, up to what changes any next. */
const GIVEN = `
WITH account AS (SELECT account_no FROM account_names WHERE mode = $1 AND id = $2),
began AS (
  SELECT e.account_no, e.seq FROM account a JOIN entries e USING (account_no)
  WHERE e.seq >= $3 AND e.type = 'subscribe' AND e.details -> 'subscription' ->> 'id' = $4
    AND ($5::bigint IS NULL OR (e.details -> 'subscription' -> 'period' ->> 1)::bigint = $5)
  ORDER BY e.seq LIMIT 1),
over AS (
  SELECT coalesce((SELECT e.seq FROM began b JOIN entries e USING (account_no)
    WHERE e.seq > b.seq AND e.type = 'subscribe' ORDER BY e.seq LIMIT 1), 9007199254740991) AS seq)
SELECT e.seq::float8 AS seq, e.unit, e.amount::text AS amount
FROM began b JOIN entries e USING (account_no), over
WHERE e.type = 'grant' AND e.seq > b.seq AND e.seq < over.seq
  AND e.details -> 'made' -> 0 -> 'plan' ->> 'subscription' = $4
  AND e.details -> 'made' -> 0 -> 'plan' -> 'window' IS NULL
ORDER BY e.seq LIMIT 20`;

/** Finds what a period, or a change within one, gave. */
export class GivenLots {
  constructor(private readonly database: Queryable) {}

  /**
   * @param from the entry at which it was recorded; where it was recorded ahead, it is given later
   * @param start of the period; null where none began
   */
  async find({ mode, account }: Target, subscription: string, from: number, start: number | null): Promise<GivenLot[]> {
    const { rows } = await this.database.query<{ seq: number; unit: string; amount: string }>({
      text: GIVEN,
      values: [mode, account, from, subscription, start],
    });
    return rows.map(({ seq, unit, amount }) => ({ seq, unit, amount: BigInt(amount) }));
  }
}
