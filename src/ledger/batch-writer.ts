import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Account } from './account-cache.js';
import {
  BatchDecider,
  clockedOf,
  NONE_AHEAD,
  whoIs,
  type Decided,
  type DeciderParts,
  type Times,
} from './batch-decider.js';
import type { BatchObserver } from './batch-observer.js';
import type { Batch } from './batch.js';
import { DbClock } from './db-clock.js';
import type { Moment } from './domain/account.js';
import type { Pending } from './pending.js';
import type { AppendReply } from './store/append-reply.js';
import { failureOf } from './store/failure.js';
import { LaneConnection } from './store/lane-connection.js';
import { LaneReader } from './store/lane-reader.js';
import type { AccountName } from './store/look-up-names.js';
import { internal } from './write-errors.js';

/** How far the clock may be from what it was estimated to be. */
const CLOCK_TOLERANCE_MS = 200;
/** Between two attempts on a database that is not there, or that refuses for the moment. */
const RETRY_PAUSE_MS = 100;

export interface WriterParts extends DeciderParts {
  /** A fresh connection, not yet opened. */
  readonly createClient: () => Client;
  /** This name's proposed number is now its own. */
  readonly named: (name: AccountName, no: number) => void;
  /** Takes calls back whose account turned out to have another number. */
  readonly readdress: (calls: readonly Pending[]) => void;
  readonly log: { warn(message: string): void; error(message: string): void };
  readonly observer: BatchObserver | undefined;
}

export interface Prepared {
  readonly calls: readonly Pending[];
  /** Those of them that can only be settled behind row locks. */
  readonly blocked: readonly Pending[];
  readonly free: readonly Pending[];
  /** Null where there was nothing to decide, or deciding failed. */
  readonly decided: Decided | null;
  /** Accounts decided on what the batch before left of them: if that one does not stand, neither does this. */
  readonly continued: ReadonlySet<number>;
}

export interface Written {
  readonly batch: Batch;
  readonly reply: AppendReply;
  readonly times: Times & { readonly sentAt: number; readonly writtenAt: number };
}

/**
 * Decides the batches of a lane and writes them on its one connection for that. A batch is first decided on what is in
 * memory and written in one round trip, which works unless somebody else wrote the same accounts or the database did not
 * answer; what that leaves open is settled behind row locks.
 */
export class BatchWriter {
  /** Accounts whose row somebody held for too long: asked for without holding up the others. */
  private readonly blocked = new Set<number>();
  private connection: LaneConnection | undefined;
  /** What a batch rests on is read while the one before it is written. */
  private reader: LaneReader | undefined;
  private readonly clock = new DbClock();
  private readonly decider: BatchDecider;
  /** When it is too late for the statements last sent whose outcome is unknown; never more than two are on the way. */
  private unknownUntil: readonly Moment[] = [];

  constructor(private readonly parts: WriterParts) {
    this.decider = new BatchDecider(parts, this.clock);
  }

  /**
   * Decides these calls, so that they need only be sent. One batch may be decided while another is in flight: what it has
   * in common with that one is to be continuable.
   * @param ahead the continuable accounts of the batch in flight
   */
  async prepare(
    calls: readonly Pending[],
    queuedSince: number,
    ahead: ReadonlyMap<number, Account> = NONE_AHEAD,
  ): Promise<Prepared> {
    const isBlocked = ({ address }: Pending): boolean => this.blocked.has(address.no);
    const blocked = this.blocked.size === 0 ? [] : calls.filter(isBlocked);
    const free = unsettled(blocked.length === 0 ? calls : calls.filter(call => !isBlocked(call)));
    const continued = new Set<number>();
    for (const { address } of free) if (ahead.has(address.no)) continued.add(address.no);
    let decided: Decided | null = null;
    try {
      if (free.length > 0) {
        decided = await this.decider.decide(await this.connected(), await this.reading(), free, ahead, queuedSince);
      }
    } catch (error) {
      this.note(error, free.length, this.reader);
    }
    return { calls, blocked, free, decided, continued };
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

  /**
   * Answers what can be, and settles the rest. Returns the calls that wait for a row somebody else holds.
   * @param next the batch decided meanwhile
   */
  async conclude(
    { blocked, free }: Prepared,
    written: Written | null,
    next: Prepared | null,
  ): Promise<readonly Pending[]> {
    let left = free;
    try {
      if (written !== null && !written.reply.late) left = this.finish(written, next?.continued);
    } catch (error) {
      this.note(error, free.length, this.connection);
    }
    return this.settle([...left, ...blocked]);
  }

  close(): void {
    for (const connection of [this.connection, this.reader]) if (connection !== undefined) this.letGo(connection);
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
        this.note(error, left.length, this.connection);
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
    const now = this.clock.now();
    // Further off, the clock was set back meanwhile: then that statement is out of its time already.
    const tooLateInMs = this.unknownUntil.map(until => until - now).filter(ms => ms <= 2 * CLOCK_TOLERANCE_MS);
    const waitMs = Math.max(0, ...tooLateInMs);
    if (waitMs > 0) await sleep(waitMs);
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
      const written = await connection.behindLocks(numbers, clockedOf(those), async (held, clocks) => {
        const free = those.filter(({ address }) => !held.has(address.no));
        left.push(...those.filter(({ address }) => held.has(address.no)));
        for (const { address } of free) this.blocked.delete(address.no);
        const own = { numbers: numbers.filter(no => !held.has(no)), proposed, clocks };
        const { decided, late } = await this.decider.decideBehindLocks(connection, own, free, beganAt);
        left.push(...late);
        return this.write(decided, null);
      });
      left.push(...this.finish(written));
    }
    return left;
  }

  /** At once, and before anything else is decided for this connection. */
  private async write({ connection, batch, decidedAt, times }: Decided, toleranceMs: number | null): Promise<Written> {
    const sentAt = performance.now();
    try {
      const reply = await connection.write(decidedAt, toleranceMs);
      this.clock.heard(reply.now);
      return { batch, reply, times: { ...times, sentAt, writtenAt: performance.now() } };
    } catch (error) {
      // Each by itself: the second is not always the later one, where the clock was heard of late, or set back.
      if (failureOf(error) === 'lost') {
        this.unknownUntil = [decidedAt + CLOCK_TOLERANCE_MS, ...this.unknownUntil.slice(0, 1)];
      }
      throw error;
    }
  }

  /**
   * What was written is durable: answers go out, states go back into the cache. Returns what is to be settled again.
   * @param continued whose states are no longer what was written
   */
  private finish({ batch, reply, times }: Written, continued?: ReadonlySet<number>): readonly Pending[] {
    const { calls } = batch;
    const origins = (): ReadonlySet<object> => batch.origins();
    this.parts.observer?.written({ ...times, calls, conflicts: reply.stale.size, origins });
    const { accounts, named, again, renamed } = batch.settle(reply);
    for (const { mode, id, no } of named) this.parts.named({ mode, id }, no);
    for (const account of accounts) if (!continued?.has(account.no)) this.parts.cache.put(account);
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

  private async reading(): Promise<LaneReader> {
    this.reader ??= await LaneReader.open(this.parts.createClient());
    return this.reader;
  }

  private letGo(connection: LaneReader): void {
    connection.close();
    if (connection === this.connection) this.connection = undefined;
    if (connection === this.reader) this.reader = undefined;
  }

  /** @param connection on which it happened, if there was one */
  private note(error: unknown, calls: number, connection: LaneReader | undefined): void {
    const failure = failureOf(error);
    if (failure === 'lost' && connection !== undefined) this.letGo(connection);
    this.parts.log.warn(`a batch of ${calls} calls failed (${failure}): ${String(error)}`);
  }
}

/** Those whose time is not over. */
function unsettled(calls: readonly Pending[]): readonly Pending[] {
  for (const call of calls) call.expire();
  return calls.filter(({ settled }) => !settled);
}
