import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { NONE_AHEAD } from './batch-decider.js';
import { BatchWriter, type Prepared, type WriterParts, type Written } from './batch-writer.js';
import type { Pending } from './pending.js';
import { busy } from './write-errors.js';

/** Calls decided and written together. */
const BATCH_LIMIT = 1_000;
/** Calls that may wait for a lane; beyond it they are turned away at once. */
export const QUEUE_LIMIT = 10_000;
/** How often calls are looked at whose time may be over while the lane waits for something. */
const EXPIRY_CHECK_MS = 250;
/**
 * From so many accounts on it pays to write a batch in two halves, so that one is decided while the other is written:
 * below it a second statement costs PostgreSQL more than deciding costs us.
 */
const FEWEST_ACCOUNTS_TO_HALVE = 32;
/** The same of calls, where they are of few accounts: then a call more costs little, and a statement as much. */
const FEWEST_CALLS_TO_HALVE = 128;
/** Calls worth deciding before the batch in flight is written. */
const FEWEST_CALLS_AHEAD = 16;
/** The same of calls of the accounts in flight. */
const FEWEST_CALLS_TO_CONTINUE = FEWEST_CALLS_TO_HALVE / 2;

/** A batch on its way: null where it was not written, as far as is known. */
interface Sent {
  over: boolean;
  readonly written: Promise<Written | null>;
}

/**
 * One queue, one connection to write on. What queued while a batch was in flight is the next one; no timer waits for
 * more. It is decided meanwhile and sent behind that one, so that PostgreSQL and Node work side by side; of accounts in
 * flight it is decided on what that batch leaves of them, and then sent only if that batch stands.
 */
export class Lane {
  /** Something waits for its answer. */
  working = false;
  private readonly writer: BatchWriter;
  private queue: Pending[] = [];
  /** Since when somebody waits in the queue. */
  private queuedSince = 0;
  /** The calls of the batch in flight, and of the one decided meanwhile. */
  private readonly inHand = new Set<readonly Pending[]>();
  /** Who waits for the queue to be as long as this. */
  private wanted: { readonly calls: number; readonly queued: () => void } | undefined;

  constructor(parts: WriterParts) {
    this.writer = new BatchWriter(parts);
  }

  enqueue(pending: Pending): void {
    if (this.queue.length >= QUEUE_LIMIT) return pending.fail(busy(`${QUEUE_LIMIT} commands are waiting`));
    if (this.queue.length === 0) this.queuedSince = performance.now();
    this.queue.push(pending);
    if (!this.working) void this.work();
    if (this.wanted !== undefined && this.queue.length >= this.wanted.calls) this.wanted.queued();
  }

  get waiting(): number {
    return this.queue.length;
  }

  close(): void {
    this.writer.close();
  }

  private async work(): Promise<void> {
    this.working = true;
    const expiry = setInterval(() => this.expire(), EXPIRY_CHECK_MS);
    while (this.queue.length > 0) {
      // Whoever has just been answered, or was just received, comes along.
      await nextTurnOfTheLoop();
      await this.writeInTurn(await this.prepare(this.takeFirst()));
    }
    clearInterval(expiry);
    this.working = false;
  }

  /** Writes this batch, and after it those that were decided while the one before them was in flight. */
  private async writeInTurn(first: Prepared): Promise<void> {
    let current = first;
    let sent = this.send(first);
    for (;;) {
      const next = await this.prepareAhead(current, sent);
      // What rests on nothing in flight is there when PostgreSQL is done with the batch before it.
      let following = next?.continued.size === 0 ? this.send(next) : null;
      const written = await sent.written;
      // PostgreSQL need not wait while answers are dealt out.
      if (next !== null && following === null) {
        if (standsOn(next, written)) following = this.send(next);
        else this.giveBack(next);
      }
      await this.conclude(current, written, next);
      if (next === null || following === null) return;
      current = next;
      sent = following;
    }
  }

  /** The first batch after a pause: of many calls only half, because the other half is decided while it is written. */
  private takeFirst(): readonly Pending[] {
    const { length } = this.queue;
    const accounts = accountsOf(this.queue);
    if (accounts.size < FEWEST_ACCOUNTS_TO_HALVE) {
      return this.take(() => true, length < FEWEST_CALLS_TO_HALVE ? length : length >> 1);
    }
    const half = new Set([...accounts].slice(0, accounts.size >> 1));
    return this.take(no => half.has(no));
  }

  /**
   * The batch after the one in flight, if enough waits for it before that one is written. It is decided once it would be
   * as large, or once nobody came for a turn of the loop: then there is nothing better to do.
   */
  private async prepareAhead(current: Prepared, sent: Sent): Promise<Prepared | null> {
    for (let before = 0; !sent.over; before = this.queue.length) {
      // Whoever has just been answered, or was just received, comes along.
      await nextTurnOfTheLoop();
      const { length } = this.queue;
      if (length < FEWEST_CALLS_AHEAD) await Promise.race([sent.written, this.queued(FEWEST_CALLS_AHEAD)]);
      else if (length >= current.calls.length || length === before) break;
    }
    this.wanted = undefined;
    if (sent.over) return null;
    const inFlight = accountsOf(current.calls);
    let ahead = NONE_AHEAD;
    const isFree = (no: number): boolean => !inFlight.has(no) || ahead.has(no);
    const free = (): number => this.queue.filter(({ address }) => isFree(address.no)).length;
    if (free() < FEWEST_CALLS_AHEAD) {
      ahead = current.decided?.batch.continuable() ?? NONE_AHEAD;
      if (free() < FEWEST_CALLS_TO_CONTINUE) return null;
    }
    // Whoever waits for answers asks again once they come: batches of unlike size would stay so, and while the small one
    // is written there is no time to decide the large one.
    const even = Math.ceil((this.queue.length + current.calls.length) / 2);
    return this.prepare(this.take(isFree, Math.max(FEWEST_CALLS_AHEAD, even)), ahead);
  }

  private queued(calls: number): Promise<void> {
    return new Promise(queued => (this.wanted = { calls, queued }));
  }

  /** The calls of these accounts leave the queue in their order, up to the limit. */
  private take(ofAccount: (no: number) => boolean, most = BATCH_LIMIT): readonly Pending[] {
    const limit = Math.min(most, BATCH_LIMIT);
    const taken: Pending[] = [];
    const left: Pending[] = [];
    for (const call of this.queue) {
      (taken.length < limit && ofAccount(call.address.no) ? taken : left).push(call);
    }
    this.queue = left;
    return taken;
  }

  private prepare(calls: readonly Pending[], ahead = NONE_AHEAD): Promise<Prepared> {
    this.inHand.add(calls);
    return this.writer.prepare(calls, this.queuedSince, ahead);
  }

  private send(prepared: Prepared): Sent {
    const sent: Sent = { over: false, written: this.writer.send(prepared) };
    void sent.written.then(() => (sent.over = true));
    return sent;
  }

  private async conclude(prepared: Prepared, written: Written | null, next: Prepared | null): Promise<void> {
    const left = await this.writer.conclude(prepared, written, next);
    this.inHand.delete(prepared.calls);
    this.queue = [...left, ...this.queue];
  }

  /** To be decided anew, behind what is left of the batch before it. */
  private giveBack({ calls }: Prepared): void {
    this.inHand.delete(calls);
    this.queue = [...calls, ...this.queue];
  }

  /** Nobody waits longer than they said, whatever the lane waits for. */
  private expire(): void {
    for (const calls of this.inHand) for (const pending of calls) pending.expire();
    for (const pending of this.queue) pending.expire();
    this.queue = this.queue.filter(({ settled }) => !settled);
  }
}

function accountsOf(calls: readonly Pending[]): ReadonlySet<number> {
  return new Set(calls.map(({ address }) => address.no));
}

/** Whether what the next batch was decided on is so, now that the one before it was written, or was not. */
function standsOn({ continued }: Prepared, written: Written | null): boolean {
  if (written === null) return false;
  const { late, stale } = written.reply;
  return !late && ![...continued].some(no => stale.has(no));
}
