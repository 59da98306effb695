import { seededRandom, seededRandomFor } from '../../client/seeded-random.js';
import { copiesOf, PROMPT, shuffled, type DeliveryPlan } from './delivery-plan.js';
import type { KeptEvent } from '../world/events.js';
import { sendForged, type Forgery } from './forge.js';
import { isAccepted, sendSigned, type Outcome } from './send.js';

/** One event on its way to one endpoint. */
export interface Parcel {
  readonly event: KeptEvent;
  /** With the secrets that it has when the parcel leaves. */
  readonly endpoint: { readonly id: string; readonly url: string; readonly secrets: readonly string[] };
  readonly payload: string;
}

export interface Attempt {
  readonly event: string;
  readonly type: string;
  readonly endpoint: string;
  readonly outcome: Outcome;
  /** From its sending to its answer. */
  readonly tookMs: number;
}

/** What came of deliveries. */
export interface Delivered {
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  readonly dropped: number;
}

interface Copy {
  readonly parcel: Parcel;
  readonly waitMs: number;
}

/** So many attempts are remembered; the oldest go first. */
const REMEMBERED = 200_000;

/**
 * Sends what happened to those who want to know: at once, or, after `hold()`, when and how a test says. `plan` is what
 * happens to deliveries that are made at once.
 */
export class Deliveries {
  plan: DeliveryPlan = PROMPT;
  readonly attempts: Attempt[] = [];
  private isHeld = false;
  private held: Parcel[] = [];
  private readonly waiting: { parcel: Parcel; tries: number }[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private underWay = 0;
  private taken = 0;
  private isClosed = false;
  private idle: (() => void)[] = [];

  take(parcel: Parcel): void {
    if (this.isHeld) {
      this.held.push(parcel);
      return;
    }
    this.taken += 1;
    for (const waitMs of copiesOf(this.plan, seededRandomFor(this.plan.seed, this.taken))) {
      this.later(waitMs, () => this.queue(parcel, 0));
    }
  }

  /** From now on nothing is sent until `release`. */
  hold(): void {
    this.isHeld = true;
  }

  get heldCount(): number {
    return this.held.length;
  }

  /** Forgets what is held, as if it had never been sent: an outage. */
  dropHeld(): number {
    const dropped = this.held.length;
    this.held = [];
    return dropped;
  }

  /** Sends everything that is held, in the manner of `plan`, and resolves when all has been tried; goes on holding. */
  async release(plan: Partial<DeliveryPlan> = {}): Promise<Delivered> {
    const held = this.held;
    this.held = [];
    return this.send(held, plan);
  }

  /** From now on events are sent at once again; what is held stays until `release`. */
  resume(): void {
    this.isHeld = false;
  }

  forge(url: string, payload: string, secret: string, forgery: Forgery): Promise<Outcome> {
    return sendForged(url, payload, secret, forgery);
  }

  /** Resolves when nothing waits and nothing is under way; retries that are still to come count as waiting. */
  async settled(): Promise<void> {
    if (this.underWay === 0 && this.waiting.length === 0 && this.timers.size === 0) return;
    await new Promise<void>(resolve => this.idle.push(resolve));
  }

  close(): void {
    this.isClosed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.waiting.length = 0;
    this.held = [];
    this.tellIdle();
  }

  /** Sends what happened earlier, once more or for the first time, in the manner of `manner`. */
  async send(parcels: readonly Parcel[], manner: Partial<DeliveryPlan> = {}): Promise<Delivered> {
    const plan: DeliveryPlan = { ...PROMPT, retryAfterMs: [], ...manner };
    const count = { sent: 0, accepted: 0, refused: 0, dropped: 0 };
    const copies = parcels.flatMap((parcel, index): Copy[] => {
      const waits = copiesOf(plan, seededRandomFor(plan.seed, index));
      if (waits.length === 0) count.dropped += 1;
      return waits.map(waitMs => ({ parcel, waitMs }));
    });
    const queue = plan.isShuffled ? shuffled(copies, seededRandom(plan.seed)) : copies;
    // What waits keeps nothing else from being sent meanwhile.
    const next = queue.sort((a, b) => a.waitMs - b.waitMs).values();
    const startedAt = performance.now();
    const worker = async (): Promise<void> => {
      for (const { parcel, waitMs } of next) {
        await pause(startedAt + waitMs - performance.now());
        const outcome = await this.tryUntilTaken(parcel, plan.retryAfterMs);
        count.sent += 1;
        count[isAccepted(outcome) ? 'accepted' : 'refused'] += 1;
      }
    };
    await Promise.all(Array.from({ length: plan.concurrency }, worker));
    return count;
  }

  private async tryUntilTaken(parcel: Parcel, retryAfterMs: readonly number[]): Promise<Outcome> {
    let outcome = await this.attempt(parcel);
    for (const waitMs of retryAfterMs) {
      if (isAccepted(outcome) || this.isClosed) return outcome;
      await pause(waitMs);
      outcome = await this.attempt(parcel);
    }
    return outcome;
  }

  private queue(parcel: Parcel, tries: number): void {
    if (this.isClosed) return;
    if (this.underWay >= this.plan.concurrency) {
      this.waiting.push({ parcel, tries });
      return;
    }
    this.underWay += 1;
    void this.attempt(parcel).then(outcome => {
      this.underWay -= 1;
      const waitMs = this.plan.retryAfterMs[tries];
      if (!isAccepted(outcome) && waitMs !== undefined) this.later(waitMs, () => this.queue(parcel, tries + 1));
      const next = this.waiting.shift();
      if (next !== undefined) this.queue(next.parcel, next.tries);
      this.tellIdle();
    });
  }

  private async attempt(parcel: Parcel): Promise<Outcome> {
    const { event, endpoint, payload } = parcel;
    const sentAt = performance.now();
    const outcome = await sendSigned(endpoint.url, payload, endpoint.secrets);
    const tookMs = performance.now() - sentAt;
    this.attempts.push({ event: event.id, type: event.type, endpoint: endpoint.id, outcome, tookMs });
    if (isAccepted(outcome)) event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
    if (this.attempts.length > REMEMBERED) this.attempts.splice(0, REMEMBERED / 2);
    return outcome;
  }

  /** A wait of nothing is none, so that events leave in the order in which they happened. */
  private later(waitMs: number, work: () => void): void {
    if (waitMs === 0) return work();
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
      this.tellIdle();
    }, waitMs);
    this.timers.add(timer);
  }

  private tellIdle(): void {
    if (this.underWay > 0 || this.waiting.length > 0 || this.timers.size > 0) return;
    for (const resolve of this.idle) resolve();
    this.idle = [];
  }
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise(resolve => setTimeout(resolve, ms));
}
