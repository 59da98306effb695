import { setImmediate as nextTurnOfTheLoop, setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Account, AccountCache } from './account-cache.js';
import type { AnswerWriter } from './answer.js';
import { Batch, callsByAccount } from './batch.js';
import { DbClock } from './db-clock.js';
import { newAccount } from './domain/account.js';
import type { Pending } from './pending.js';
import type { AppendReply } from './store/append.js';
import { failureOf } from './store/failure.js';
import { LaneConnection } from './store/lane-connection.js';
import type { AccountName } from './store/look-up-names.js';
import { Turn } from './turn.js';
import { busy, internal, missingAccount } from './write-errors.js';

/** Calls decided and written together. */
const BATCH_LIMIT = 1_000;
/** Calls that may wait for a lane; beyond it they are turned away at once. */
export const QUEUE_LIMIT = 10_000;
/** How far the clock may be from what it was estimated to be. */
const CLOCK_TOLERANCE_MS = 200;
/** Between two attempts on a database that is not there, or that refuses for the moment. */
const RETRY_PAUSE_MS = 100;
/** How often calls are looked at whose time may be over while the lane waits for something. */
const EXPIRY_CHECK_MS = 250;
/** A lot that a refund goes back to is known only when its commit is: histories are asked for in rounds. */
const RECALL_ROUNDS = 4;

export interface LaneParts {
  /** A fresh connection, not yet opened. */
  readonly createClient: () => Client;
  readonly cache: AccountCache;
  readonly writer: AnswerWriter;
  /** Called with the units of accounts just loaded: their scales are needed to answer. */
  readonly learnUnits: (units: Iterable<string>) => Promise<void>;
  /** This name's proposed number is now its own. */
  readonly named: (name: AccountName, no: number) => void;
  /** Takes calls back whose account turned out to have another number. */
  readonly readdress: (calls: readonly Pending[]) => void;
  readonly log: { warn(message: string): void; error(message: string): void };
}

/**
 * One queue, one connection, one batch at a time: everything that queued while the last batch was in flight is the next
 * one. First it is decided on what the cache holds and written in one round trip, which works unless somebody else wrote
 * the same accounts or the database did not answer; what that leaves open is settled behind row locks.
 */
export class Lane {
  /** Something waits for its answer. */
  working = false;
  private queue: Pending[] = [];
  private inHand: readonly Pending[] = [];
  /** Calls of this batch that wait for a row somebody else holds; they come first in the next one. */
  private setAside: Pending[] = [];
  /** Accounts whose row somebody held for too long: asked for without holding up the others. */
  private readonly blocked = new Set<number>();
  private connection: LaneConnection | undefined;
  private readonly clock = new DbClock();
  /** A statement whose outcome is unknown was decided for this moment; it is too late for it once this has passed. */
  private unknownUntil = 0;

  constructor(private readonly parts: LaneParts) {}

  enqueue(pending: Pending): void {
    if (this.queue.length >= QUEUE_LIMIT) return pending.fail(busy(`${QUEUE_LIMIT} commands are waiting`));
    this.queue.push(pending);
    if (!this.working) void this.work();
  }

  close(): void {
    this.disconnect();
  }

  private async work(): Promise<void> {
    this.working = true;
    const expiry = setInterval(() => this.expire(), EXPIRY_CHECK_MS);
    while (this.queue.length > 0) {
      // Whoever has just been answered, or was just received, comes along.
      await nextTurnOfTheLoop();
      this.inHand = this.queue.length <= BATCH_LIMIT ? this.queue : this.queue.slice(0, BATCH_LIMIT);
      this.queue = this.queue.slice(this.inHand.length);
      await this.process(this.inHand);
      this.queue = [...this.setAside, ...this.queue];
      this.setAside = [];
    }
    this.inHand = [];
    clearInterval(expiry);
    this.working = false;
  }

  private async process(calls: readonly Pending[]): Promise<void> {
    const isBlocked = ({ address }: Pending): boolean => this.blocked.has(address.no);
    const blocked = calls.filter(isBlocked);
    const free = blocked.length === 0 ? calls : calls.filter(call => !isBlocked(call));
    let left = free;
    try {
      if (free.length > 0) left = await this.attempt(unsettled(free));
    } catch (error) {
      this.note(error, free.length);
    }
    await this.settle([...left, ...blocked]);
  }

  /** The fast way. Answers what it can, and returns what has to be settled behind row locks. */
  private async attempt(calls: readonly Pending[]): Promise<readonly Pending[]> {
    const connection = await this.connected();
    const { cached, unknown } = this.find(calls);
    const loaded = unknown.length > 0 ? await this.load(connection, unknown) : [];
    const turns = await this.openTurns(connection, [...cached, ...loaded], calls);
    const written = await this.write(connection, turns, CLOCK_TOLERANCE_MS);
    return written.reply.late ? calls : this.finish(written);
  }

  /**
   * Settles these calls for good, or gives them up at their deadlines. A batch that PostgreSQL rejects, or that takes too
   * long, is halved until the one that spoils it stands alone. Calls whose rows somebody else holds are set aside.
   */
  private async settle(calls: readonly Pending[]): Promise<void> {
    for (let left = unsettled(calls); left.length > 0; left = unsettled(left)) {
      try {
        left = await this.attemptBehindLocks(left);
        continue;
      } catch (error) {
        this.note(error, left.length);
        const failure = failureOf(error);
        if (failure === 'blocked') return this.putAside(left);
        if (failure === 'rejected' && left.length === 1) return left[0]!.fail(internal(error));
        if ((failure === 'rejected' || failure === 'slow') && left.length > 1) {
          const half = left.length >> 1;
          await this.settle(left.slice(0, half));
          return this.settle(left.slice(half));
        }
      }
      await sleep(RETRY_PAUSE_MS);
    }
  }

  private putAside(calls: readonly Pending[]): void {
    for (const { address } of calls) this.blocked.add(address.no);
    this.setAside.push(...calls);
  }

  /** The way that always moves on: nobody writes these accounts between the look at them and the append. */
  private async attemptBehindLocks(calls: readonly Pending[]): Promise<readonly Pending[]> {
    const connection = await this.connected();
    const tooLateInMs = this.unknownUntil - this.clock.now();
    // Further off, the clock was set back meanwhile: then the statement is out of its time already.
    if (tooLateInMs > 0 && tooLateInMs <= 2 * CLOCK_TOLERANCE_MS) await sleep(tooLateInMs);
    // A name nobody has yet cannot be locked, and must not be waited for while holding rows.
    const [named, unnamed] = [
      calls.filter(({ address }) => !address.unnamed),
      calls.filter(({ address }) => address.unnamed),
    ];
    const left: Pending[] = [];
    for (const those of [named, unnamed]) {
      if (those.length === 0) continue;
      const { numbers, proposed } = whoIs(those);
      const written = await connection.behindLocks(numbers, async held => {
        const free = those.filter(({ address }) => !held.has(address.no));
        left.push(...those.filter(({ address }) => held.has(address.no)));
        for (const { address } of free) this.blocked.delete(address.no);
        const loaded = await this.load(
          connection,
          [...numbers].filter(no => !held.has(no)),
        );
        return this.write(connection, await this.openTurns(connection, [...loaded, ...proposed], free), null);
      });
      left.push(...this.finish(written));
    }
    return left;
  }

  /** What the cache has of these calls' accounts, and what it has not. */
  private find(calls: readonly Pending[]): { cached: Account[]; unknown: number[] } {
    const { numbers, proposed } = whoIs(calls);
    const cached: Account[] = [];
    const unknown: number[] = [];
    for (const account of proposed) cached.push(this.parts.cache.take(account.no) ?? account);
    for (const no of numbers) {
      const account = this.parts.cache.take(no);
      if (account !== undefined) cached.push(account);
      else unknown.push(no);
    }
    return { cached, unknown };
  }

  private async load(connection: LaneConnection, numbers: readonly number[]): Promise<Account[]> {
    const { now, accounts } = await connection.load(numbers);
    this.clock.heard(now);
    await this.parts.learnUnits(new Set(accounts.flatMap(({ state }) => [...state.units.keys()])));
    return accounts.map(account => ({ ...account, unnamed: false }));
  }

  /** One turn an account, in the order of their numbers, with the history their calls look back at. */
  private async openTurns(
    connection: LaneConnection,
    accounts: readonly Account[],
    calls: readonly Pending[],
  ): Promise<Turn[]> {
    const byAccount = callsByAccount(calls);
    const turns: Turn[] = [];
    for (const account of accounts) {
      turns.push(new Turn(account, byAccount.get(account.no)!, this.parts.writer));
      byAccount.delete(account.no);
    }
    for (const nobodys of byAccount.values())
      for (const call of nobodys) call.fail(missingAccount(call.address.missing));
    for (let round = 0; round < RECALL_ROUNDS; round++) {
      const missing = turns.map(turn => turn.missing()).filter(history => history !== null);
      if (missing.length === 0) break;
      await connection.recall(missing);
    }
    return turns.sort((a, b) => a.account.no - b.account.no);
  }

  private async write(
    connection: LaneConnection,
    turns: readonly Turn[],
    toleranceMs: number | null,
  ): Promise<Written> {
    const decidedAt = this.clock.now();
    const batch = new Batch(turns, this.parts.writer);
    batch.decide(decidedAt);
    batch.collect(connection.append);
    this.unknownUntil = decidedAt + CLOCK_TOLERANCE_MS;
    const reply = await connection.write(decidedAt, toleranceMs);
    this.unknownUntil = 0;
    this.clock.heard(reply.now);
    return { batch, reply };
  }

  /** What was written is durable: answers go out, states go back into the cache. Returns what is to be settled again. */
  private finish({ batch, reply }: Written): readonly Pending[] {
    const { accounts, named, again, renamed } = batch.settle(reply);
    for (const { mode, id, no } of named) this.parts.named({ mode, id }, no);
    for (const account of accounts) this.parts.cache.put(account);
    if (renamed.length > 0) this.parts.readdress(renamed);
    return again;
  }

  private async connected(): Promise<LaneConnection> {
    if (this.connection === undefined) {
      this.connection = await LaneConnection.open(this.parts.createClient());
      this.clock.heard(this.connection.openedAt);
    }
    return this.connection;
  }

  private disconnect(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  private note(error: unknown, calls: number): void {
    const failure = failureOf(error);
    if (failure === 'lost') this.disconnect();
    else this.unknownUntil = 0;
    this.parts.log.warn(`a batch of ${calls} calls failed (${failure}): ${String(error)}`);
  }

  /** Nobody waits longer than they said, whatever the lane waits for. */
  private expire(): void {
    for (const pending of this.inHand) pending.expire();
    for (const pending of this.queue) pending.expire();
    this.queue = this.queue.filter(({ settled }) => !settled);
  }
}

interface Written {
  readonly batch: Batch;
  readonly reply: AppendReply;
}

/** Accounts that exist, by number, and those that so far have only a proposed one, empty as they are. */
function whoIs(calls: readonly Pending[]): { numbers: number[]; proposed: Account[] } {
  const numbers = new Set<number>();
  const proposed = new Map<number, Account>();
  for (const { address } of calls) {
    const { no, mode, id } = address;
    if (!address.unnamed) numbers.add(no);
    else if (!proposed.has(no)) proposed.set(no, { no, mode, id: id!, unnamed: true, state: newAccount() });
  }
  // By now it was written, and only some of these calls know.
  for (const no of numbers) proposed.delete(no);
  return { numbers: [...numbers], proposed: [...proposed.values()] };
}

function unsettled(calls: readonly Pending[]): readonly Pending[] {
  for (const call of calls) call.expire();
  return calls.filter(({ settled }) => !settled);
}
