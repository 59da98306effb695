import pg from 'pg';
import type { Contestant, Once } from '../contestant.js';
import { renderLean } from './lean-answer.js';
import { inTransaction, openPool, prepared } from './transaction.js';

const HOLD_MS = 15 * 60_000;

interface AccountRow {
  seq: string;
  granted: string;
  available: string;
  held: string;
  spent: string;
  now: Date;
  known_hash: Buffer | null;
  known_body: Buffer | null;
  reserved: string | null;
  expires_at: Date | null;
}

/**
 * The hand-written way without lots: `BEGIN; SELECT … FOR UPDATE; INSERT entry; UPDATE account; INSERT outcome; COMMIT`,
 * prepared, on a pool. The key look-up and the reserve entry (immutable) ride along with the lock, which saves a trip:
 * they may be read before the wait for the lock, so a refusal looks the key up again, and two equal keys or two ends of
 * one reservation that race are told apart by the unique indexes.
 */
export class Lean implements Contestant {
  private readonly pool: pg.Pool;

  constructor(databaseUrl: string, connections: number) {
    this.pool = openPool(databaseUrl, connections);
  }

  reserve(account: string, amount: bigint, once: Once): Promise<Buffer> {
    return this.oncePerKey(account, once, async client => {
      const { rows } = await client.query<AccountRow>(LOCK_TO_RESERVE([account, once.key]));
      const row = rows[0];
      if (row === undefined) throw new Error('insufficient_credits');
      if (row.known_hash) return replay(row, once);
      const available = BigInt(row.available) - amount;
      if (available < 0n) throw new Error('insufficient_credits');
      const seq = Number(row.seq) + 1;
      const expiresAt = new Date(row.now.getTime() + HOLD_MS);
      const moved = { available, held: BigInt(row.held) + amount, spent: BigInt(row.spent) };
      await client.query(INSERT_ENTRY([account, seq, 'reserve', amount, seq, expiresAt, row.now]));
      await client.query(UPDATE_ACCOUNT([account, seq, moved.available, moved.held, moved.spent]));
      const body = renderLean(account, seq, seq, 'reserve', amount, row, expiresAt, moved, {
        reserved: amount,
        committed: 0n,
      });
      await client.query(INSERT_OUTCOME([account, once.key, once.fingerprint, body]));
      return body;
    });
  }

  commit(reservation: string, amount: bigint, once: Once): Promise<Buffer> {
    const at = reservation.lastIndexOf('_');
    const account = reservation.slice('res_'.length, at);
    const no = Number(reservation.slice(at + 1));
    return this.oncePerKey(account, once, async client => {
      const { rows } = await client.query<AccountRow>(LOCK_TO_COMMIT([account, once.key, no]));
      const row = rows[0];
      if (row === undefined) throw new Error('reservation_not_found');
      if (row.known_hash) return replay(row, once);
      if (row.reserved === null || row.expires_at === null) throw new Error('reservation_not_found');
      if (row.expires_at < row.now) throw new Error('reservation_expired');
      const reserved = BigInt(row.reserved);
      if (amount > reserved) throw new Error('commit_exceeds_reservation');
      const seq = Number(row.seq) + 1;
      const moved = {
        available: BigInt(row.available) + reserved - amount,
        held: BigInt(row.held) - reserved,
        spent: BigInt(row.spent) + amount,
      };
      await client.query(INSERT_ENTRY([account, seq, 'commit', amount, no, null, row.now]));
      await client.query(UPDATE_ACCOUNT([account, seq, moved.available, moved.held, moved.spent]));
      const body = renderLean(account, seq, no, 'commit', amount, row, row.expires_at, moved, {
        reserved,
        committed: amount,
      });
      await client.query(INSERT_OUTCOME([account, once.key, once.fingerprint, body]));
      return body;
    });
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async oncePerKey(
    account: string,
    once: Once,
    work: (client: pg.PoolClient) => Promise<Buffer>,
  ): Promise<Buffer> {
    try {
      return await inTransaction(this.pool, work);
    } catch (error) {
      const recorded = await answerRecorded(this.pool, account, once);
      if (recorded) return recorded;
      throw error;
    }
  }
}

/** Read without the lock: for a loser of a race between equal keys, whose winner has committed by now. */
async function answerRecorded(pool: pg.Pool, account: string, once: Once): Promise<Buffer | undefined> {
  const { rows } = await pool.query<AccountRow>(OUTCOME([account, once.key]));
  return rows[0] && replay(rows[0], once);
}

function replay(row: Pick<AccountRow, 'known_hash' | 'known_body'>, once: Once): Buffer {
  if (!row.known_hash!.equals(once.fingerprint)) throw new Error('idempotency_key_reused');
  return row.known_body!;
}

const LOCK_TO_RESERVE = prepared(
  'lean_lock_to_reserve',
  `SELECT a.seq, a.granted, a.available, a.held, a.spent, clock_timestamp() AS now, o.request_hash AS known_hash, o.body AS known_body
   FROM accounts a LEFT JOIN outcomes o ON o.account = a.id AND o.key = $2
   WHERE a.id = $1
   FOR UPDATE OF a`,
);

const LOCK_TO_COMMIT = prepared(
  'lean_lock_to_commit',
  `SELECT a.seq, a.granted, a.available, a.held, a.spent, clock_timestamp() AS now, o.request_hash AS known_hash, o.body AS known_body,
          r.amount AS reserved, r.expires_at
   FROM accounts a
   LEFT JOIN outcomes o ON o.account = a.id AND o.key = $2
   LEFT JOIN entries r ON r.account = a.id AND r.seq = $3 AND r.type = 'reserve'
   WHERE a.id = $1
   FOR UPDATE OF a`,
);

const INSERT_ENTRY = prepared(
  'lean_insert_entry',
  `INSERT INTO entries (account, seq, type, amount, reservation, expires_at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);

const UPDATE_ACCOUNT = prepared(
  'lean_update_account',
  `UPDATE accounts SET seq = $2, available = $3, held = $4, spent = $5 WHERE id = $1`,
);

const INSERT_OUTCOME = prepared(
  'lean_insert_outcome',
  `INSERT INTO outcomes (account, key, request_hash, body) VALUES ($1, $2, $3, $4)`,
);

const OUTCOME = prepared(
  'lean_outcome',
  `SELECT request_hash AS known_hash, body AS known_body FROM outcomes WHERE account = $1 AND key = $2`,
);
