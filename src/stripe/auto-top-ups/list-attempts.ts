import type { Pool } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import { mainUnit } from '../payments/money.js';
import type { AttemptState } from './attempt.js';

export interface AttemptFilter {
  readonly mode: Mode;
  /** Null for any. */
  readonly states: readonly AttemptState[] | null;
  /** Null for all accounts. */
  readonly account: string | null;
  readonly beforeNo: number | null;
}

/** An automatic top-up as operators see it. The page where its owner pays is his alone, so it is not among this. */
export interface ListedAttempt {
  /** Of the list of all. */
  readonly no: number;
  readonly id: string;
  readonly mode: Mode;
  readonly account: string;
  readonly pack: string;
  /** In the currency's main unit. */
  readonly amount: string;
  readonly currency: string;
  readonly state: AttemptState;
  readonly payment: string | null;
  readonly code: string | null;
  readonly declineCode: string | null;
  readonly message: string | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

const LIST = `
SELECT listed::float8 AS no, id, mode, account, pack, money::text AS money, currency, state, payment, code,
  decline_code AS "declineCode", message, created_at AS "createdAt", settled_at AS "settledAt"
FROM auto_top_up_attempts
WHERE mode = $1 AND ($2::text[] IS NULL OR state = ANY ($2)) AND ($3::text IS NULL OR account = $3)
  AND ($4::bigint IS NULL OR listed < $4)
ORDER BY listed DESC LIMIT $5`;

/** What was bought, or tried to be, because accounts ran low. */
export class ListAttempts {
  constructor(private readonly pool: Pool) {}

  /** The latest first. */
  async list({ mode, states, account, beforeNo }: AttemptFilter, limit: number): Promise<ListedAttempt[]> {
    const values = [mode, states, account, beforeNo, limit];
    const { rows } = await this.pool.query<Omit<ListedAttempt, 'amount'> & { money: string }>(LIST, values);
    return rows.map(({ money, ...row }) => ({ ...row, amount: mainUnit(BigInt(money), row.currency) }));
  }
}
