import type { Pool } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import type { Sale } from '../payments/sale.js';
import type { Price } from './session-params.js';

export const TOP_UP_STATES = ['open', 'processing', 'paid', 'failed', 'expired'] as const;
export type TopUpState = (typeof TOP_UP_STATES)[number];

export interface NewTopUp {
  readonly id: string;
  readonly mode: Mode;
  readonly account: string;
  readonly key: string;
  readonly fingerprint: Buffer;
  readonly pack: string;
  readonly sale: Sale;
  readonly price: Price;
}

export interface StoredTopUp extends NewTopUp {
  readonly session: string | null;
  readonly url: string | null;
  readonly state: TopUpState;
  readonly createdAt: Date;
}

const COLUMNS = `id, mode, account, idempotency_key AS key, fingerprint, pack, sale, price, session, url, state,
  created_at AS "createdAt"`;
const INSERT = `
INSERT INTO top_ups (id, mode, account, idempotency_key, fingerprint, pack, sale, price)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT ON CONSTRAINT top_ups_once DO NOTHING`;
const BY_KEY = `SELECT ${COLUMNS} FROM top_ups WHERE mode = $1 AND account = $2 AND idempotency_key = $3`;
const BY_ID = `SELECT ${COLUMNS} FROM top_ups WHERE id = $1 AND mode = $2`;
const SALE = `
SELECT sale FROM top_ups WHERE id = $1 AND mode = $2
UNION ALL SELECT sale FROM auto_top_up_attempts WHERE id = $1 AND mode = $2`;
const OPENED = `UPDATE top_ups SET session = $2, url = $3 WHERE id = $1 AND session IS NULL`;
/** One that Stripe refused left no trace: the same key may be tried again. */
const FORGET = `DELETE FROM top_ups WHERE id = $1 AND session IS NULL`;
/** What is paid stays paid, in whatever order the session was looked at. */
const FOLLOW = `UPDATE top_ups SET state = $2 WHERE session = $1 AND state <> 'paid' AND state <> $2`;

export class StoredTopUps {
  constructor(private readonly pool: Pool) {}

  /** The top-up of this key: this one, or the one that was begun with it before. */
  async begin(topUp: NewTopUp): Promise<StoredTopUp> {
    const { id, mode, account, key, fingerprint, pack, sale, price } = topUp;
    const values = [id, mode, account, key, fingerprint, pack, JSON.stringify(sale), JSON.stringify(price)];
    await this.pool.query(INSERT, values);
    const begun = await this.byKey(mode, account, key);
    // Whoever was refused by Stripe has just forgotten it: there is nothing left of that.
    return begun ?? this.begin(topUp);
  }

  async byKey(mode: Mode, account: string, key: string): Promise<StoredTopUp | undefined> {
    return (await this.pool.query<StoredTopUp>(BY_KEY, [mode, account, key])).rows[0];
  }

  async find(id: string, mode: Mode): Promise<StoredTopUp | undefined> {
    return (await this.pool.query<StoredTopUp>(BY_ID, [id, mode])).rows[0];
  }

  /** Of one that somebody began, or that was begun because an account ran low. */
  async saleOf(id: string, mode: Mode): Promise<Sale | undefined> {
    return (await this.pool.query<{ sale: Sale }>(SALE, [id, mode])).rows[0]?.sale;
  }

  async opened(id: string, session: string, url: string): Promise<void> {
    await this.pool.query(OPENED, [id, session, url]);
  }

  async forget(id: string): Promise<void> {
    await this.pool.query(FORGET, [id]);
  }

  async follow(session: string, state: TopUpState): Promise<void> {
    await this.pool.query(FOLLOW, [session, state]);
  }
}
