import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import { pageOf } from '../shared/page.js';
import type { Waiting } from '../webhooks/endpoints/backlog.js';
import type { StoredEndpoint } from '../webhooks/endpoints/stored-endpoints.js';
import { WebhookEndpoints } from '../webhooks/endpoints/webhook-endpoints.js';
import { decodeCountCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import {
  changeEndpointRequest,
  createEndpointRequest,
  replayEventsRequest,
  replayFrom,
  rotateSecretRequest,
  testEndpointRequest,
} from './requests/webhooks.js';

/** Calls about webhook endpoints, read and answered as JSON. */
@Injectable()
export class WebhookCalls {
  constructor(private readonly endpoints: WebhookEndpoints) {}

  async create(caller: Caller, body: unknown): Promise<string> {
    const { events = null, ...terms } = parseRequest(createEndpointRequest, body, 'body');
    const made = await this.endpoints.create(caller, { ...terms, events });
    return JSON.stringify({ ...wireEndpoint(made), secret: made.secret });
  }

  async get(caller: Caller, id: string): Promise<string> {
    return JSON.stringify(wireEndpoint(await this.endpoints.get(caller, id)));
  }

  async list(caller: Caller, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.endpoints.list(caller, decodeCountCursor('webhook-endpoints', after), limit + 1);
    return pageJson(
      'webhook-endpoints',
      pageOf(
        found,
        limit,
        endpoint => JSON.stringify(wireEndpoint(endpoint)),
        ({ no }) => no,
      ),
    );
  }

  async change(caller: Caller, id: string, body: unknown): Promise<string> {
    const { events = null, enabled, ...terms } = parseRequest(changeEndpointRequest, body, 'body');
    return JSON.stringify(wireEndpoint(await this.endpoints.change(caller, id, { ...terms, events }, enabled)));
  }

  async delete(caller: Caller, id: string): Promise<string> {
    return JSON.stringify(wireEndpoint(await this.endpoints.delete(caller, id)));
  }

  async rotateSecret(caller: Caller, id: string, body: unknown): Promise<string> {
    const { overlap_seconds: overlap } = parseRequest(rotateSecretRequest, body, 'body');
    const rotated = await this.endpoints.rotateSecret(caller, id, overlap);
    return JSON.stringify({ ...wireEndpoint(rotated), secret: rotated.secret });
  }

  async test(caller: Caller, id: string, body: unknown): Promise<string> {
    parseRequest(testEndpointRequest, body, 'body');
    const outcome = await this.endpoints.test(caller, id);
    const delivered = outcome.result === 'delivered';
    return JSON.stringify({ delivered, failure: delivered ? null : outcome.failure });
  }

  async backlog(caller: Caller, id: string, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.endpoints.waiting(caller, id, decodeCountCursor('backlog', after), limit + 1);
    return pageJson(
      'backlog',
      pageOf(found, limit, waitingJson, ({ accountNo }) => accountNo),
    );
  }

  async replay(caller: Caller, id: string, body: unknown): Promise<string> {
    const request = parseRequest(replayEventsRequest, body, 'body');
    const { reason, from, ...asked } = request;
    const onRecord = { ...asked, ...(from !== undefined && { from: new Date(from).toISOString() }) };
    return JSON.stringify(await this.endpoints.replay(caller, id, replayFrom(request), onRecord, reason));
  }
}

function wireEndpoint(endpoint: StoredEndpoint) {
  const { id, mode, url, description, events, enabled, disabledBecause, disabledAt, createdAt } = endpoint;
  const { lastSuccessAt, lastFailureAt, lastFailure, secretsUntil } = endpoint;
  return {
    id,
    mode,
    url,
    description,
    events,
    enabled,
    disabled_because: disabledBecause,
    disabled_at: disabledAt,
    last_success_at: lastSuccessAt,
    last_failure_at: lastFailureAt,
    last_failure: lastFailure,
    secrets: secretsUntil.map(expiresAt => ({ expires_at: expiresAt })),
    created_at: createdAt,
  };
}

function waitingJson(waiting: Waiting): string {
  const { account, nextSequence, lastSequence, attempts, nextAttemptAt, failingSince, lastFailure } = waiting;
  return JSON.stringify({
    account,
    next_sequence: nextSequence,
    last_sequence: lastSequence,
    attempts,
    next_attempt_at: nextAttemptAt,
    failing_since: failingSince,
    last_failure: lastFailure,
  });
}
