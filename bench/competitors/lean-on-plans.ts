import pg from 'pg';
import type { Contestant, Once } from '../contestant.js';
import { renderLeanOnPlans } from './lean-on-plans-answer.js';
import { pricedByHand, UNITS_ON_PLANS } from './priced-by-hand.js';
import { inTransaction, openPool, prepared } from './transaction.js';

const HOLD_MS = 15 * 60_000;

interface AccountRow {
  seq: string;
  granted: string[];
  available: string[];
  held: string[];
  spent: string[];
  now: Date;
  known_hash: Buffer | null;
  known_body: Buffer | null;
  /** By unit, null where there is no such reservation. */
  reserved: string[] | null;
  expires_at: Date | null;
}

/**
 * The lean way where every spend counts against two limits: as many round trips, three sums moved in the account's one row,
 * three entries by one statement, the event with the first of them. It prices in the code and knows no windows.
 */
export class LeanOnPlans implements Contestant {
  private readonly pool: pg.Pool;

  constructor(databaseUrl: string, connections: number) {
    this.pool = openPool(databaseUrl, connections);
  }

  reserve(account: string, quantity: bigint, once: Once): Promise<Buffer> {
    const { event, amounts } = pricedByHand(quantity);
    return this.oncePerKey(account, once, async client => {
      const { rows } = await client.query<AccountRow>(LOCK_TO_RESERVE([account, once.key]));
      const row = rows[0];
      if (row === undefined) throw new Error('insufficient_credits');
      if (row.known_hash) return replay(row, once);
      const sums = numbersOf(row);
      const available = sums.available.map((there, i) => there - amounts[i]!);
      if (available.some(left => left < 0n)) throw new Error('limit_reached');
      const held = sums.held.map((there, i) => there + amounts[i]!);
      const seq = Number(row.seq) + 1;
      const expiresAt = new Date(row.now.getTime() + HOLD_MS);
      await client.query(
        INSERT_ENTRIES([
          account,
          'reserve',
          seq,
          ...amounts,
          expiresAt,
          JSON.stringify(shownEvent(event)),
          row.now,
          seq,
        ]),
      );
      await client.query(UPDATE_ACCOUNT([account, seq + 2, arrayOf(available), arrayOf(held), arrayOf(sums.spent)]));
      const moved = { ...sums, available, held, reserved: amounts, committed: amounts.map(() => 0n) };
      const body = renderLeanOnPlans({
        account,
        seq,
        reservation: seq,
        type: 'reserve',
        event,
        at: row.now,
        expiresAt,
        ...moved,
      });
      await client.query(INSERT_OUTCOME([account, once.key, once.fingerprint, body]));
      return body;
    });
  }

  commit(reservation: string, quantity: bigint, once: Once): Promise<Buffer> {
    const at = reservation.lastIndexOf('_');
    const account = reservation.slice('res_'.length, at);
    const no = Number(reservation.slice(at + 1));
    const { event, amounts } = pricedByHand(quantity);
    return this.oncePerKey(account, once, async client => {
      const { rows } = await client.query<AccountRow>(LOCK_TO_COMMIT([account, once.key, no]));
      const row = rows[0];
      if (row === undefined) throw new Error('reservation_not_found');
      if (row.known_hash) return replay(row, once);
      if (row.reserved === null || row.expires_at === null) throw new Error('reservation_not_found');
      if (row.expires_at < row.now) throw new Error('reservation_expired');
      const reserved = row.reserved.map(BigInt);
      if (amounts.some((amount, i) => amount > reserved[i]!)) throw new Error('commit_exceeds_reservation');
      const sums = numbersOf(row);
      const available = sums.available.map((there, i) => there + reserved[i]! - amounts[i]!);
      const held = sums.held.map((there, i) => there - reserved[i]!);
      const spent = sums.spent.map((there, i) => there + amounts[i]!);
      const seq = Number(row.seq) + 1;
      await client.query(
        INSERT_ENTRIES([account, 'commit', seq, ...amounts, null, JSON.stringify(shownEvent(event)), row.now, no]),
      );
      await client.query(UPDATE_ACCOUNT([account, seq + 2, arrayOf(available), arrayOf(held), arrayOf(spent)]));
      const moved = { granted: sums.granted, available, held, spent, reserved, committed: amounts };
      const body = renderLeanOnPlans({
        account,
        seq,
        reservation: no,
        type: 'commit',
        event,
        at: row.now,
        expiresAt: row.expires_at,
        ...moved,
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
      const { rows } = await this.pool.query<AccountRow>(OUTCOME([account, once.key]));
      if (rows[0]) return replay(rows[0], once);
      throw error;
    }
  }
}

function numbersOf({ granted, available, held, spent }: AccountRow) {
  return {
    granted: granted.map(BigInt),
    available: available.map(BigInt),
    held: held.map(BigInt),
    spent: spent.map(BigInt),
  };
}

function arrayOf(numbers: readonly bigint[]): string {
  return `{${numbers.join()}}`;
}

/** Amounts as strings: JSON numbers would lose digits. */
function shownEvent({ lines, ...event }: ReturnType<typeof pricedByHand>['event']): object {
  return { ...event, lines: lines.map(({ unit, amount }) => ({ unit, amount: String(amount) })) };
}

function replay(row: Pick<AccountRow, 'known_hash' | 'known_body'>, once: Once): Buffer {
  if (!row.known_hash!.equals(once.fingerprint)) throw new Error('idempotency_key_reused');
  return row.known_body!;
}

const [CREDITS, CALLS, TOKENS] = UNITS_ON_PLANS;

const LOCK_TO_RESERVE = prepared(
  'lean_plans_lock_to_reserve',
  `SELECT a.seq, a.granted, a.available, a.held, a.spent, clock_timestamp() AS now, o.request_hash AS known_hash, o.body AS known_body
   FROM accounts a LEFT JOIN outcomes o ON o.account = a.id AND o.key = $2
   WHERE a.id = $1
   FOR UPDATE OF a`,
);

const LOCK_TO_COMMIT = prepared(
  'lean_plans_lock_to_commit',
  `SELECT a.seq, a.granted, a.available, a.held, a.spent, clock_timestamp() AS now, o.request_hash AS known_hash, o.body AS known_body,
          (SELECT array_agg(r.amount ORDER BY r.seq) FROM entries r
           WHERE r.account = a.id AND r.seq BETWEEN $3::bigint AND $3::bigint + 2 AND r.type = 'reserve' AND r.reservation = $3::bigint) AS reserved,
          (SELECT r.expires_at FROM entries r WHERE r.account = a.id AND r.seq = $3::bigint) AS expires_at
   FROM accounts a LEFT JOIN outcomes o ON o.account = a.id AND o.key = $2
   WHERE a.id = $1
   FOR UPDATE OF a`,
);

const INSERT_ENTRIES = prepared(
  'lean_plans_insert_entries',
  `INSERT INTO entries (account, type, seq, unit, amount, expires_at, event, recorded_at, reservation)
   VALUES ($1, $2, $3::bigint, '${CREDITS}', $4, $7, $8, $9, $10),
          ($1, $2, $3::bigint + 1, '${CALLS}', $5, $7, NULL, $9, $10),
          ($1, $2, $3::bigint + 2, '${TOKENS}', $6, $7, NULL, $9, $10)`,
);

const UPDATE_ACCOUNT = prepared(
  'lean_plans_update_account',
  `UPDATE accounts SET seq = $2, available = $3, held = $4, spent = $5 WHERE id = $1`,
);

const INSERT_OUTCOME = prepared(
  'lean_plans_insert_outcome',
  `INSERT INTO outcomes (account, key, request_hash, body) VALUES ($1, $2, $3, $4)`,
);

const OUTCOME = prepared(
  'lean_plans_outcome',
  `SELECT request_hash AS known_hash, body AS known_body FROM outcomes WHERE account = $1 AND key = $2`,
);
