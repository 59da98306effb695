import { setTimeout as sleep } from 'node:timers/promises';
import type { Counter } from 'prom-client';
import { formatMoment } from '../../shared/moment.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import type { Reach } from './reach.js';
import { pauseAfter } from './schedule.js';
import { sendEvent, type Outcome } from './send-event.js';
import type { Next, Stream, Streams } from './streams.js';

/** Requests under way at once, of all endpoints and of one. */
const MOST_AT_ONCE = 64;
const MOST_OF_ENDPOINT = 8;
/** Events of one stream before others have their turn. */
const MOST_IN_A_ROW = 50;
/** What becomes due meanwhile is looked for so often. */
const LOOK_AGAIN_MS = 250;

export interface DeliveryLog {
  warn(message: string): void;
}

export interface DeliveryParts {
  readonly streams: Streams;
  readonly reach: Reach;
  readonly attempts: Counter<'outcome'>;
  readonly log: DeliveryLog;
}

/**
 * Sends what is in the outbox: of each stream one event at a time, in order, until it has arrived; the streams of one
 * endpoint beside each other. A run that is killed leaves a stream where it was, so its event is sent again. It ends when
 * nothing is due and nothing under way: one endpoint that hangs must not keep the others waiting for its last answer.
 */
export class DeliverWebhooks implements RecurringJob {
  readonly name = 'deliver-webhooks';
  readonly everyMs = 1_000;

  constructor(private readonly parts: DeliveryParts) {}

  async run({ signal }: Run): Promise<void> {
    const { streams } = this.parts;
    const busy = new Map<Stream, Promise<void>>();
    const failures: unknown[] = [];
    for (;;) {
      const takesMore = !signal.aborted && failures.length === 0;
      const room = MOST_AT_ONCE - busy.size;
      const due = takesMore && room > 0 ? await streams.due([...busy.keys()], MOST_OF_ENDPOINT, room) : [];
      for (const stream of due) {
        const done = this.goOn(stream, signal)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => busy.delete(stream));
        busy.set(stream, done);
      }
      if (busy.size === 0) break;
      await Promise.race([...busy.values(), sleep(LOOK_AGAIN_MS)]);
    }
    if (failures.length > 0) throw failures[0];
  }

  private async goOn(stream: Stream, stop: AbortSignal): Promise<void> {
    for (let sent = 0; sent < MOST_IN_A_ROW && !stop.aborted; sent++) {
      const next = await this.parts.streams.next(stream);
      if (next === undefined || !(await this.send(stream, next, stop))) return;
    }
  }

  /** @returns whether the one behind it may follow at once */
  private async send(stream: Stream, next: Next, stop: AbortSignal): Promise<boolean> {
    const { streams, reach, attempts } = this.parts;
    const { event, url, secrets, delivered } = next;
    if (event === null) {
      await streams.nothingLeft(stream, delivered);
      return false;
    }
    const outcome = await sendEvent(reach, { url, secrets, id: event.id, body: bodyOf(event) }, stop);
    // Cut off by ourselves: whether it arrived is not known, and says nothing about the endpoint.
    if (stop.aborted && outcome.result === 'failed') return false;
    attempts.inc({ outcome: outcome.result });
    if (outcome.result === 'delivered') {
      await streams.delivered(stream, delivered, event.sequence);
      return true;
    }
    return this.failed(stream, next, event.sequence, outcome);
  }

  private async failed(
    stream: Stream,
    { attempts, delivered }: Next,
    sequence: number,
    outcome: Exclude<Outcome, { result: 'delivered' }>,
  ): Promise<boolean> {
    const { streams } = this.parts;
    const pauseMs = pauseAfter(attempts + 1, Math.random());
    const asked = outcome.result === 'failed' ? (outcome.retryAfterSeconds ?? 0) * 1_000 : 0;
    await streams.failed(stream, delivered, outcome.failure, Math.max(pauseMs ?? 0, asked));
    if (outcome.result === 'gone') {
      await this.disable(stream.endpoint, 'gone');
    } else if (pauseMs === null) {
      if (await streams.takesOthers(stream)) return this.abandon(stream, delivered, sequence);
      await this.disable(stream.endpoint, 'failing');
    }
    return false;
  }

  /** An endpoint that takes everything but this event is not to wait behind it for ever. */
  private async abandon(stream: Stream, delivered: number, sequence: number): Promise<boolean> {
    this.parts.attempts.inc({ outcome: 'abandoned' });
    this.parts.log.warn(
      `webhook endpoint ${stream.endpoint} does not take an event it was sent for days; it is left out`,
    );
    await this.parts.streams.abandon(stream, delivered, sequence);
    return true;
  }

  private async disable(endpoint: number, because: 'gone' | 'failing'): Promise<void> {
    if (await this.parts.streams.disable(endpoint, because)) {
      this.parts.log.warn(`webhook endpoint ${endpoint} is disabled: ${because}`);
    }
  }
}

function bodyOf({ id, sequence, type, data, account, occurredAt }: NonNullable<Next['event']>): string {
  return JSON.stringify({ type, id, account, sequence, occurred_at: formatMoment(occurredAt.getTime()), data });
}
