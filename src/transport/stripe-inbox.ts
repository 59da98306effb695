import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import { pageOf } from '../shared/page.js';
import { Inbox } from '../stripe/intake/inbox.js';
import type { StoredEvent } from '../stripe/intake/stored-events.js';
import { decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { parseRequest } from './requests/parse-request.js';
import { replayStripeEventsRequest, stripeEventsQuery } from './requests/stripe-inbox.js';

/** Calls of operators about what Stripe told, of the mode of their key. */
@Injectable()
export class StripeInboxCalls {
  constructor(private readonly inbox: Inbox) {}

  async list({ mode }: Caller, query: unknown): Promise<string> {
    const { limit, after, state = null, subject = null } = parseRequest(stripeEventsQuery, query, 'query');
    const beforeNo = after === undefined ? null : decodeNumberCursor('stripe-events', after);
    const found = await this.inbox.list({ mode, state, subject, beforeNo }, limit + 1);
    return pageJson(
      'stripe-events',
      pageOf(
        found,
        limit,
        event => JSON.stringify(eventOf(event)),
        ({ no }) => no,
      ),
    );
  }

  async get({ mode }: Caller, id: string): Promise<string> {
    const event = await this.inbox.get(id, mode);
    return JSON.stringify({ ...eventOf(event), body: event.body });
  }

  async replay({ mode, keyId: actor }: Caller, body: unknown): Promise<string> {
    const { events, dry_run: dryRun, reason } = parseRequest(replayStripeEventsRequest, body, 'body');
    const told = dryRun
      ? await this.inbox.preview(events, mode)
      : await this.inbox.replay(events, { actor, mode, reason });
    return JSON.stringify({ dry_run: dryRun, events: told.map(({ id, words }) => ({ id, result: words })) });
  }
}

function eventOf(event: StoredEvent) {
  const { id, mode, stripeAccount, type, subjectKind, subject, state, attempts, nextAttemptAt } = event;
  const { lastError, outcome, occurredAt, receivedAt, settledAt } = event;
  return {
    id,
    mode,
    stripe_account: stripeAccount,
    type,
    subject: subject === null ? null : { kind: subjectKind, id: subject },
    state,
    attempts,
    next_attempt_at: nextAttemptAt,
    last_error: lastError,
    outcome,
    occurred_at: occurredAt,
    received_at: receivedAt,
    settled_at: settledAt,
  };
}
