import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Account, AccountCache } from './account-cache.js';
import type { AnswerWriter } from './answer.js';
import type { BatchObserver } from './batch-observer.js';
import { Batch, callsByAccount } from './batch.js';
import { DbClock } from './db-clock.js';
import { newAccount, type Moment } from './domain/account.js';
import { unitsToCome } from './domain/subscription-units.js';
import type { Pending } from './pending.js';
import type { AppendReply } from './store/append.js';
import { ConnectionLost, failureOf } from './store/failure.js';
import { LaneConnection } from './store/lane-connection.js';
import type { AccountName } from './store/look-up-names.js';
import { NO_CLOCKS, type ClockReadings } from './store/read-clocks.js';
import { Turn } from './turn.js';
import { internal, missingAccount } from './write-errors.js';

/** How far the clock may be from what it was estimated to be. */
const CLOCK_TOLERANCE_MS = 200;
/** Between two attempts on a database that is not there, or that refuses for the moment. */
const RETRY_PAUSE_MS = 100;
/** A lot that a refund goes back to is known only when its commit is: histories are asked for in rounds. */
const RECALL_ROUNDS = 4;

export interface WriterParts {
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
  readonly observer: BatchObserver | undefined;
}

/** A batch that needs only be sent. */
interface Decided {
  /** Which has collected it. */
  readonly connection: LaneConnection;
  readonly batch: Batch;
  readonly decidedAt: Moment;
  readonly times: Times;
}

/** For observers; see `BatchObservation`. */
interface Times {
  readonly queuedSince: number | null;
  readonly beganAt: number;
  readonly loadedAt: number;
}

export interface Prepared {
  readonly calls: readonly Pending[];
  /** Those of them that can only be settled behind row locks. */
  readonly blocked: readonly Pending[];
  readonly free: readonly Pending[];
  /** Null where there was nothing to decide, or deciding failed. */
  readonly decided: Decided | null;
}

export interface Written {
  readonly batch: Batch;
  readonly reply: AppendReply;
  readonly times: Times & { readonly sentAt: number; readonly writtenAt: number };
}

/**
 * Decides and writes the batches of a lane on its one connection. A batch is first decided on what the cache holds and
 * written in one round trip, which works unless somebody else wrote the same accounts or the database did not answer;
 * what that leaves open is settled behind row locks.
 */
export class BatchWriter {
  /** Accounts whose row somebody held for too long: asked for without holding up the others. */
  private readonly blocked = new Set<number>();
  private connection: LaneConnection | undefined;
  private readonly clock = new DbClock();
  /** A statement whose outcome is unknown was decided for this moment; it is too late for it once this has passed. */
  private unknownUntil = 0;

  constructor(private readonly parts: WriterParts) {}

  /**
   * Decides these calls, so that they need only be sent. One batch may be decided while another is in flight, if they
   * have no account in common: what is in flight is not durable yet.
   */
  async prepare(calls: readonly Pending[], queuedSince: number): Promise<Prepared> {
    const isBlocked = ({ address }: Pending): boolean => this.blocked.has(address.no);
    const blocked = this.blocked.size === 0 ? [] : calls.filter(isBlocked);
    const free = unsettled(blocked.length === 0 ? calls : calls.filter(call => !isBlocked(call)));
    let decided: Decided | null = null;
    try {
      if (free.length > 0) decided = await this.decide(free, queuedSince);
    } catch (error) {
      this.note(error, free.length);
    }
    return { calls, blocked, free, decided };
  }

  /** Sends the batch prepared last, at once; null where it was not written, as far as is known. Never throws. */
  async send({ decided, free }: Prepared): Promise<Written | null> {
    if (decided === null) return null;
    try {
      return await this.write(decided, CLOCK_TOLERANCE_MS);
    } catch (error) {
      this.note(error, free.length, decided.connection);
      return null;
    }
  }

  /** Answers what can be, and settles the rest. Returns the calls that wait for a row somebody else holds. */
  async conclude({ blocked, free }: Prepared, written: Written | null): Promise<readonly Pending[]> {
    let left = free;
    try {
      if (written !== null && !written.reply.late) left = this.finish(written);
    } catch (error) {
      this.note(error, free.length);
    }
    return this.settle([...left, ...blocked]);
  }

  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  private async decide(calls: readonly Pending[], queuedSince: number): Promise<Decided> {
    const beganAt = performance.now();
    const connection = await this.connected();
    const { cached, unknown } = this.find(calls);
    const loaded = unknown.length > 0 ? await this.load(connection, unknown) : [];
    const turns = await this.openTurns(connection, [...cached, ...loaded], calls);
    const wanted = clocksOf(turns);
    const testClocks = wanted === null ? NO_CLOCKS : await connection.readClocks(wanted.ids);
    return this.decideTurns(connection, turns, testClocks, { queuedSince, beganAt, loadedAt: performance.now() });
  }

  /**
   * Settles these calls for good, or gives them up at their deadlines. A batch that PostgreSQL rejects, or that takes too
   * long, is halved until the one that spoils it stands alone. Calls whose rows somebody else holds come back.
   */
  private async settle(calls: readonly Pending[]): Promise<readonly Pending[]> {
    for (let left = unsettled(calls); left.length > 0; left = unsettled(left)) {
      try {
        left = await this.attemptBehindLocks(left);
        continue;
      } catch (error) {
        this.note(error, left.length);
        const failure = failureOf(error);
        if (failure === 'blocked') {
          for (const { address } of left) this.blocked.add(address.no);
          return left;
        }
        if (failure === 'rejected' && left.length === 1) {
          left[0]!.fail(internal(error));
          return [];
        }
        if ((failure === 'rejected' || failure === 'slow') && left.length > 1) {
          const half = left.length >> 1;
          return [...(await this.settle(left.slice(0, half))), ...(await this.settle(left.slice(half)))];
        }
      }
      await sleep(RETRY_PAUSE_MS);
    }
    return [];
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
      const beganAt = performance.now();
      const written = await connection.behindLocks(numbers, async held => {
        const free = those.filter(({ address }) => !held.has(address.no));
        left.push(...those.filter(({ address }) => held.has(address.no)));
        for (const { address } of free) this.blocked.delete(address.no);
        const loaded = await this.load(
          connection,
          [...numbers].filter(no => !held.has(no)),
        );
        const turns = await this.openTurns(connection, [...loaded, ...proposed], free);
        const wanted = clocksOf(turns);
        if (wanted !== null) await connection.holdClocks(wanted.ids, wanted.joined);
        const testClocks = wanted === null ? NO_CLOCKS : await connection.readClocks(wanted.ids);
        const times = { queuedSince: null, beganAt, loadedAt: performance.now() };
        return this.write(this.decideTurns(connection, turns, testClocks, times), null);
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
    try {
      await this.parts.learnUnits(
        new Set(accounts.flatMap(({ state }) => [...state.units.keys(), ...unitsToCome(state)])),
      );
    } catch (error) {
      // That goes over another connection; it says nothing about these calls.
      throw new ConnectionLost('the units in use could not be asked for', { cause: error });
    }
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

  private decideTurns(
    connection: LaneConnection,
    turns: readonly Turn[],
    testClocks: ClockReadings,
    times: Times,
  ): Decided {
    const decidedAt = this.clock.now();
    const batch = new Batch(turns, this.parts.writer);
    batch.decide(decidedAt, testClocks);
    batch.collect(connection.append);
    return { connection, batch, decidedAt, times };
  }

  /** At once, and before anything else is decided for this connection. */
  private async write({ connection, batch, decidedAt, times }: Decided, toleranceMs: number | null): Promise<Written> {
    const sentAt = performance.now();
    try {
      const reply = await connection.write(decidedAt, toleranceMs);
      this.clock.heard(reply.now);
      return { batch, reply, times: { ...times, sentAt, writtenAt: performance.now() } };
    } catch (error) {
      if (failureOf(error) === 'lost') this.unknownUntil = decidedAt + CLOCK_TOLERANCE_MS;
      throw error;
    }
  }

  /** What was written is durable: answers go out, states go back into the cache. Returns what is to be settled again. */
  private finish({ batch, reply, times }: Written): readonly Pending[] {
    const { calls } = batch;
    const origins = (): ReadonlySet<object> => batch.origins();
    this.parts.observer?.written({ ...times, calls, conflicts: reply.stale.size, origins });
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

  private note(error: unknown, calls: number, connection = this.connection): void {
    const failure = failureOf(error);
    if (failure === 'lost' && connection === this.connection) this.close();
    this.parts.log.warn(`a batch of ${calls} calls failed (${failure}): ${String(error)}`);
  }
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

/**
 * The clocks to be read for these turns; null for most. Anew for every batch, because nobody tells this replica that one
 * was moved; whether one was since, the append sees.
 */
function clocksOf(turns: readonly Turn[]): { readonly ids: string[]; readonly joined: boolean } | null {
  let ids: Set<string> | undefined;
  let joined = false;
  for (const turn of turns) {
    const used = turn.testClocks();
    if (used.length === 0) continue;
    for (const id of used) (ids ??= new Set()).add(id);
    joined ||= turn.account.state.testClock === null;
  }
  return ids === undefined ? null : { ids: [...ids], joined };
}

/** Those whose time is not over. */
function unsettled(calls: readonly Pending[]): readonly Pending[] {
  for (const call of calls) call.expire();
  return calls.filter(({ settled }) => !settled);
}
