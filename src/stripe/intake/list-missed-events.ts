import type { Counter } from 'prom-client';
import type { Stripe } from 'stripe';
import type { Mode } from '../../ledger/submission.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import type { StripeClients } from '../stripe-clients.js';
import type { Bookmarks } from './bookmarks.js';
import { readEvent } from './event-envelope.js';
import type { StoredEvents } from './stored-events.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Stripe lists events for so long. */
const LISTED_FOR_MS = 30 * DAY_MS;
/** An event may be listed a while after its moment, and clocks differ. */
const LOOK_BACK_MS = HOUR_MS / 4;
/** As much as is listed before the bookmark moves: a walk that is cut off goes on there. */
const WINDOW_MS = HOUR_MS;

export interface ListingParts {
  readonly clients: StripeClients;
  readonly events: StoredEvents;
  readonly bookmarks: Bookmarks;
  readonly missed: Counter<'mode'>;
  readonly log: { warn(message: string): void };
  /** Milliseconds; Stripe's clock, or near it. */
  readonly now: () => number;
}

/**
 * Walks Stripe's own list of events behind a bookmark and keeps those that no webhook told of: the endpoint was off, refused
 * for three days, or never got them. What is kept is worked on like any other.
 */
export class ListMissedEvents implements RecurringJob {
  readonly name = 'list-missed-stripe-events';
  readonly everyMs = 300_000;

  constructor(private readonly parts: ListingParts) {}

  async run({ signal }: Run): Promise<void> {
    for (const mode of this.parts.clients.modes) await this.walk(mode, signal);
  }

  private async walk(mode: Mode, signal: AbortSignal): Promise<void> {
    const { bookmarks, log, now } = this.parts;
    const end = now();
    let bookmark = await bookmarks.begin(mode, end);
    const oldest = end - LISTED_FOR_MS;
    let from = bookmark - LOOK_BACK_MS;
    if (from < oldest) {
      log.warn(
        `Stripe lists no ${mode} events before ${iso(oldest)}: what happened since ${iso(from)} is found by ` +
          `\`npm run ops -- reconcile --from ${iso(from)} --mode ${mode}\``,
      );
      from = oldest;
    }
    let found = 0;
    while (from < end && !signal.aborted) {
      const to = Math.min(from + WINDOW_MS, end);
      found += await this.list(mode, from, to);
      // The first window lies behind it, for the most part.
      const ahead = Math.max(bookmark, to);
      if (!(await bookmarks.move(mode, bookmark, ahead))) return;
      bookmark = ahead;
      from = to;
    }
    if (found > 0) log.warn(`${found} ${mode} events of Stripe's had not been told by any webhook`);
  }

  /** @returns how many nobody had told of */
  private async list(mode: Mode, from: number, to: number): Promise<number> {
    const { clients, missed } = this.parts;
    const created = { gte: Math.floor(from / 1_000), lte: Math.ceil(to / 1_000) };
    let found = 0;
    for await (const listed of clients.of(mode).events.list({ created, limit: 100 })) {
      if (!(await this.keep(listed))) continue;
      found++;
      missed.inc({ mode });
    }
    return found;
  }

  /** Only what is acted on: the rest of Stripe's list would tell nobody anything. */
  private async keep(listed: Stripe.Event): Promise<boolean> {
    const { events, clients } = this.parts;
    const event = readEvent(JSON.stringify(listed));
    if (event === undefined || event.subject === null) return false;
    return (await events.insert(event, clients.whyIgnored(event))) !== undefined;
  }
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}
