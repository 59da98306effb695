import type { Pool, PoolClient } from 'pg';
import { transact } from '../database/transact.js';

/** A test clock, as the table has it. */
export interface StoredClock {
  /** Counts clocks in the order in which they were made. */
  readonly no: number;
  readonly id: string;
  readonly nowAt: Date;
  /** Where it is being moved to; null while it stands. */
  readonly targetAt: Date | null;
  /** That live by it. */
  readonly accounts: number;
  readonly createdAt: Date;
}

/** Whose a key is now: this request's, or that of one made before. */
export type Claim =
  { readonly type: 'new' } | { readonly type: 'known'; readonly requestHash: Buffer; readonly clock: string };

const COLUMNS = `no, id, now_at AS "nowAt", target_at AS "targetAt", created_at AS "createdAt",
  (SELECT count(*) FROM account_clocks k WHERE k.clock = test_clocks.id)::int AS accounts`;
const CREATE = `INSERT INTO test_clocks (id, now_at) VALUES ($1, $2)`;
const FIND = `SELECT ${COLUMNS} FROM test_clocks WHERE id = $1`;
const LIST = `SELECT ${COLUMNS} FROM test_clocks WHERE no > $1 ORDER BY no LIMIT $2`;

/** Waits for every append that was decided by the clock's time, and for whoever else moves it. */
const HOLD = `SELECT ${COLUMNS} FROM test_clocks WHERE id = $1 FOR NO KEY UPDATE`;
const AIM = `UPDATE test_clocks SET target_at = $2, moved_at = clock_timestamp() WHERE id = $1`;

/** Whoever comes second waits for the first to commit. */
const CLAIM = `
INSERT INTO test_clock_keys (key_hash, request_hash, clock) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1`;
const CLAIMED = `SELECT request_hash AS "requestHash", clock FROM test_clock_keys WHERE key_hash = $1`;

/** Accounts to which time has something to do by now, the longest overdue first. */
const FIND_DUE = `
SELECT k.account_no::float8 AS "accountNo"
FROM test_clocks c JOIN account_clocks k ON k.clock = c.id AND k.due_bound <= c.now_at
WHERE c.id = $1 ORDER BY k.due_bound, k.account_no`;
/**
 * To the next moment at which something is due or to be told, if that comes before the target; where it is at the target,
 * it stands.
 */
const MOVE_ON = `
UPDATE test_clocks SET
  now_at = least(target_at, coalesce((SELECT min(k.due_bound) FROM account_clocks k WHERE k.clock = id), target_at),
    $2::timestamptz),
  target_at = CASE WHEN target_at > now_at THEN target_at END,
  moved_at = clock_timestamp()
WHERE id = $1 AND target_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM account_clocks k WHERE k.clock = id AND k.due_bound <= now_at)`;
/** Nobody else takes them up for as long. Locked in the order of their ids, as by whoever appends under several. */
const TAKE_UP = `
WITH left_alone AS MATERIALIZED (
  SELECT id FROM test_clocks
  WHERE target_at IS NOT NULL AND moved_at < clock_timestamp() - $1 * interval '1 millisecond' ORDER BY moved_at LIMIT $2
), held AS MATERIALIZED (
  SELECT id FROM test_clocks WHERE id IN (SELECT id FROM left_alone) ORDER BY id FOR NO KEY UPDATE
)
UPDATE test_clocks SET moved_at = clock_timestamp() WHERE id IN (SELECT id FROM held) RETURNING id`;

/** The tables of test clocks. */
export class StoredClocks {
  constructor(private readonly pool: Pool) {}

  async find(id: string): Promise<StoredClock | undefined> {
    return (await this.pool.query<StoredClock>(FIND, [id])).rows[0];
  }

  /** In the order in which they were made. */
  async list(afterNo: number, limit: number): Promise<StoredClock[]> {
    return (await this.pool.query<StoredClock>(LIST, [afterNo, limit])).rows;
  }

  async due(id: string): Promise<number[]> {
    return (await this.pool.query<{ accountNo: number }>(FIND_DUE, [id])).rows.map(({ accountNo }) => accountNo);
  }

  /**
   * A step of its way; none where something is due, where it stands, or where it is no longer at `from`: what is to be
   * told at the moment where it is then was told by nobody yet.
   * @param stopAt a moment that it is not to go past; null for none
   */
  moveOn(id: string, from: Date, stopAt: (client: PoolClient) => Promise<Date | null>): Promise<void> {
    return this.inTransaction(async change => {
      // In a statement of its own: what appends bring that this waits for is then seen by the next.
      const held = await change.hold(id);
      if (held?.nowAt.getTime() === from.getTime()) await change.moveOn(id, stopAt);
    });
  }

  /** Clocks that are on their way and that nobody has worked on for so long. */
  async takeUp(sinceMs: number, limit: number): Promise<string[]> {
    return (await this.pool.query<{ id: string }>(TAKE_UP, [sinceMs, limit])).rows.map(({ id }) => id);
  }

  /** All of the work or none: what it throws undoes it, the key included. */
  inTransaction<T>(work: (change: ClockChange) => Promise<T>): Promise<T> {
    return transact(this.pool, client => work(new ClockChange(client)));
  }
}

/** What one transaction does to clocks. */
export class ClockChange {
  constructor(private readonly client: PoolClient) {}

  async create(id: string, nowAt: Date): Promise<void> {
    await this.client.query(CREATE, [id, nowAt]);
  }

  /** The clock stands still until the transaction ends. */
  async hold(id: string): Promise<StoredClock | undefined> {
    return (await this.client.query<StoredClock>(HOLD, [id])).rows[0];
  }

  async aim(id: string, targetAt: Date): Promise<void> {
    await this.client.query(AIM, [id, targetAt]);
  }

  async moveOn(id: string, stopAt: (client: PoolClient) => Promise<Date | null>): Promise<void> {
    await this.client.query(MOVE_ON, [id, await stopAt(this.client)]);
  }

  /** Both hashes have 16 bytes. */
  async claim(keyHash: Buffer, requestHash: Buffer, clock: string): Promise<Claim> {
    const { rowCount } = await this.client.query(CLAIM, [keyHash, requestHash, clock]);
    if (rowCount === 1) return { type: 'new' };
    const { rows } = await this.client.query<Omit<Extract<Claim, { type: 'known' }>, 'type'>>(CLAIMED, [keyHash]);
    return { type: 'known', ...rows[0]! };
  }
}
