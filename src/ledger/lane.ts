import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
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
/** Calls worth deciding before the batch in flight is written. */
const FEWEST_CALLS_AHEAD = 16;

/** A batch on its way: null where it was not written, as far as is known. */
interface Sent {
  over: boolean;
  readonly written: Promise<Written | null>;
}

/** Decided on a connection that failed since. */
const NEVER_SENT: Sent = { over: true, written: Promise.resolve(null) };

/**
 * One queue, one connection. What queued while a batch was in flight is the next one; no timer waits for more. It is
 * decided meanwhile, as far as its accounts are not those in flight, so that PostgreSQL and Node work side by side.
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
      const written = await sent.written;
      // PostgreSQL need not wait while answers are dealt out. After a failure what was decided is settled anew instead.
      const sentNext = next !== null && written !== null ? this.send(next) : null;
      await this.conclude(current, written);
      if (next === null) return;
      current = next;
      sent = sentNext ?? NEVER_SENT;
    }
  }

  /** The first batch after a pause: of many accounts only half, because the other half is decided while it is written. */
  private takeFirst(): readonly Pending[] {
    const accounts = new Set<number>();
    for (const { address } of this.queue) accounts.add(address.no);
    if (accounts.size < FEWEST_ACCOUNTS_TO_HALVE) return this.take(() => true);
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
    const inFlight = new Set(current.calls.map(({ address }) => address.no));
    const free = this.queue.reduce((count, { address }) => (inFlight.has(address.no) ? count : count + 1), 0);
    if (free < FEWEST_CALLS_AHEAD) return null;
    // Whoever waits for answers asks again once they come: batches of unlike size would stay so, and while the small one
    // is written there is no time to decide the large one.
    const even = Math.ceil((this.queue.length + current.calls.length) / 2);
    return this.prepare(this.take(no => !inFlight.has(no), Math.max(FEWEST_CALLS_AHEAD, even)));
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

  private prepare(calls: readonly Pending[]): Promise<Prepared> {
    this.inHand.add(calls);
    return this.writer.prepare(calls, this.queuedSince);
  }

  private send(prepared: Prepared): Sent {
    const sent: Sent = { over: false, written: this.writer.send(prepared) };
    void sent.written.then(() => (sent.over = true));
    return sent;
  }

  private async conclude(prepared: Prepared, written: Written | null): Promise<void> {
    const left = await this.writer.conclude(prepared, written);
    this.inHand.delete(prepared.calls);
    this.queue = [...left, ...this.queue];
  }

  /** Nobody waits longer than they said, whatever the lane waits for. */
  private expire(): void {
    for (const calls of this.inHand) for (const pending of calls) pending.expire();
    for (const pending of this.queue) pending.expire();
    this.queue = this.queue.filter(({ settled }) => !settled);
  }
}
