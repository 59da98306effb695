import { createHash } from 'node:crypto';
import pg from 'pg';
import {
  MAX_OPEN_RESERVATIONS,
  reservationOf,
  type AccountState,
  type Reservation,
} from '../../src/ledger/domain/account.js';
import type { Command, Line } from '../../src/ledger/domain/command.js';
import { decide } from '../../src/ledger/domain/decide.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import type { PricedEvent } from '../../src/ledger/domain/priced-event.js';
import { evolve } from '../../src/ledger/domain/evolve.js';
import { settleDue } from '../../src/ledger/domain/settle-due.js';
import type { Contestant, Once } from '../contestant.js';
import { pricedByHand, UNITS_ON_PLANS } from './priced-by-hand.js';
import { renderSameState } from './same-state-answer.js';
import {
  accountValues,
  balancesOf,
  entryValues,
  reservationOf as holdOf,
  stateOf,
  toJson,
  type AccountRow,
  type ReservationJson,
} from './same-state-rows.js';
import * as sql from './same-state-sql.js';
import { inTransaction, openPool } from './transaction.js';

const HOLD_MS = 15 * 60_000;
const GRACE_MS = 5_000;
const SNAPSHOT_EVERY = 1000;

type LockedRow = AccountRow & { id: string; now: string; known_hash: Buffer | null; known_body: Buffer | null };

/**
 * Everything ours does, one transaction a command: lots, holds that remember them, debt, what time does, deltas, key and
 * answer, snapshots; by the same pure decisions. Seven round trips for a reserve, eight for a commit: `BEGIN`, the row
 * lock with the state (and the key's outcome), the hold, entry, account, hold, outcome, `COMMIT`.
 */
export class SameState implements Contestant {
  private readonly pool: pg.Pool;
  private readonly accountNos = new Map<string, number>();

  /** @param onPlans every spend is an event that counts against two limits besides; it is priced by hand */
  constructor(
    databaseUrl: string,
    connections: number,
    private readonly onPlans = false,
  ) {
    this.pool = openPool(databaseUrl, connections);
  }

  async reserve(account: string, amount: bigint, once: Once): Promise<Buffer> {
    const { lines, event } = this.asked(amount);
    return this.execute(
      await this.accountNoOf(account),
      {
        type: 'reserve',
        lines,
        event,
        ttlMs: HOLD_MS,
        graceMs: GRACE_MS,
        overage: 'allow_available',
        late: 'reject',
        meter: event?.meter ?? null,
        model: event?.properties['model'] ?? null,
        member: null,
        metadata: null,
      },
      once,
    );
  }

  async commit(reservation: string, amount: bigint, once: Once): Promise<Buffer> {
    const [, accountNo, no] = reservation.split('_');
    const { lines, event } = this.asked(amount);
    return this.execute(
      Number(accountNo),
      {
        type: 'commit',
        reservation: Number(no),
        actual: lines,
        event,
        final: true,
        providerCost: null,
        metadata: null,
      },
      once,
    );
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private asked(amount: bigint): { readonly lines: readonly Line[]; readonly event: PricedEvent | undefined } {
    if (!this.onPlans) return { lines: [{ unit: 'credits', amount }], event: undefined };
    const { event, amounts } = pricedByHand(amount);
    return { lines: UNITS_ON_PLANS.map((unit, i) => ({ unit, amount: amounts[i]! })), event };
  }

  private async accountNoOf(account: string): Promise<number> {
    const known = this.accountNos.get(account);
    if (known !== undefined) return known;
    const { rows } = await this.pool.query<{ account_no: string }>(sql.ACCOUNT_NO([account]));
    if (rows[0] === undefined) throw new Error('insufficient_credits');
    const accountNo = Number(rows[0].account_no);
    this.accountNos.set(account, accountNo);
    return accountNo;
  }

  private async execute(accountNo: number, command: Command, once: Once): Promise<Buffer> {
    const keyHash = createHash('sha256').update(once.key).digest().subarray(0, 16);
    try {
      return await inTransaction(this.pool, client =>
        executeLocked(client, accountNo, command, keyHash, once.fingerprint),
      );
    } catch (error) {
      // A refusal, or the loser of a race between equal keys: the winner's answer is there by now.
      const { rows } = await this.pool.query<LockedRow>(sql.OUTCOME([accountNo, keyHash]));
      if (rows[0]) return replay(rows[0], once.fingerprint);
      throw error;
    }
  }
}

async function executeLocked(
  client: pg.PoolClient,
  accountNo: number,
  command: Command,
  keyHash: Buffer,
  fingerprint: Buffer,
): Promise<Buffer> {
  const { rows } = await client.query<LockedRow>(sql.LOCK_ACCOUNT([accountNo, keyHash]));
  const row = rows[0]!;
  if (row.known_hash) return replay(row, fingerprint);
  const state = stateOf(row);
  const now = Math.max(Number(row.now), state.lastEffectiveAt);
  await loadHolds(client, accountNo, state, command, now, row.open_holds);
  const before = new Map(state.holds);

  const settled = settleDue(state, now, now);
  const decision = decide(state, command, now, now);
  if (!decision.ok) throw new Error(decision.refusal.code);
  for (const entry of decision.entries) evolve(state, entry);

  const entries = [...settled, ...decision.entries];
  for (const entry of entries) await client.query(sql.INSERT_ENTRY(entryValues(accountNo, entry)));
  const openHolds = row.open_holds + state.holds.size - before.size;
  await client.query(sql.UPDATE_ACCOUNT(accountValues(accountNo, state, openHolds)));
  await saveHolds(client, accountNo, state, before, entries);
  if (Math.floor(state.seq / SNAPSHOT_EVERY) > Math.floor(Number(row.seq) / SNAPSHOT_EVERY)) {
    const units = [...state.units.keys()];
    await client.query(sql.INSERT_SNAPSHOT([accountNo, state.seq, state.lastEffectiveAt, units, balancesOf(state)]));
  }
  const reservation = reservationIn(state, decision.entries);
  const body = renderSameState(row.id, accountNo, state, decision.entries, reservation);
  await client.query(sql.INSERT_OUTCOME([accountNo, keyHash, fingerprint, decision.entries[0]!.seq, body, now]));
  return body;
}

/** The one the command names; all of them only where time ends some, or where there may be too many. */
async function loadHolds(
  client: pg.PoolClient,
  accountNo: number,
  state: AccountState,
  command: Command,
  now: number,
  open: number,
): Promise<void> {
  const all = state.dueBound <= now || open >= MAX_OPEN_RESERVATIONS;
  if (!all && command.type !== 'commit') return;
  const query =
    all || command.type !== 'commit' ? sql.LOAD_HOLDS([accountNo]) : sql.LOAD_HOLD([accountNo, command.reservation]);
  const { rows } = await client.query<{ body: ReservationJson }>(query);
  for (const { body } of rows) state.holds.set(body.no, holdOf(body));
}

async function saveHolds(
  client: pg.PoolClient,
  accountNo: number,
  state: AccountState,
  before: ReadonlyMap<number, Reservation>,
  entries: readonly Entry[],
): Promise<void> {
  const touched = new Set(entries.map(({ reservation }) => reservation));
  for (const no of touched) {
    if (no === null) continue;
    const hold = state.holds.get(no);
    if (hold !== undefined) await client.query(sql.SAVE_HOLD([accountNo, no, toJson(hold)]));
    else if (before.has(no)) await client.query(sql.DELETE_HOLD([accountNo, no]));
  }
}

function reservationIn(state: AccountState, entries: readonly Entry[]): Reservation {
  const reservation = reservationOf(state, entries[0]!.reservation!);
  if (reservation === undefined) throw new Error('reservation_not_found');
  return reservation;
}

function replay(row: { known_hash: Buffer | null; known_body: Buffer | null }, fingerprint: Buffer): Buffer {
  if (!row.known_hash!.equals(fingerprint)) throw new Error('idempotency_key_reused');
  return row.known_body!;
}
