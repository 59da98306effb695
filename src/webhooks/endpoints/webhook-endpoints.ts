import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { transact } from '../../database/transact.js';
import type { Caller } from '../../keys/authenticator.js';
import type { Mode } from '../../keys/api-key.js';
import { recordUse } from '../../runs/record-use.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { formatMoment } from '../../shared/moment.js';
import type { Reach } from '../delivery/reach.js';
import { sendEvent, type Outcome } from '../delivery/send-event.js';
import { SECRET_BYTES, secretText } from '../delivery/signature.js';
import { readWaiting, setBack, type Replayed, type ReplayFrom, type Waiting } from './backlog.js';
import { readEndpointUrl } from './endpoint-url.js';
import { MOST_ENDPOINTS, StoredEndpoints, type EndpointTerms, type StoredEndpoint } from './stored-endpoints.js';

const ENDPOINT_ID = /^whe_[A-Za-z0-9_-]{1,60}$/;

/** An endpoint and its new secret, which is told this once. */
export type WithSecret = StoredEndpoint & { readonly secret: string };

/** Where events are sent to, as the holder of a key sees it: the endpoints of its own mode. */
export class WebhookEndpoints {
  private readonly stored: StoredEndpoints;

  constructor(
    private readonly pool: Pool,
    private readonly reach: Reach,
  ) {
    this.stored = new StoredEndpoints(pool);
  }

  /**
   * It is told of what happens from now on.
   * @throws LedgerError invalid_request where the URL can never be sent to
   * @throws LedgerError too_many_webhook_endpoints
   */
  async create({ mode }: Caller, terms: EndpointTerms): Promise<WithSecret> {
    const secret = randomBytes(SECRET_BYTES);
    const made = await this.stored.insert(mode, this.checked(terms), secret);
    if (made !== undefined) return { ...made, secret: secretText(secret) };
    throw new LedgerError('too_many_webhook_endpoints', `there are ${MOST_ENDPOINTS} endpoints: delete one first`);
  }

  /** @throws LedgerError webhook_endpoint_not_found */
  async get({ mode }: Caller, id: string): Promise<StoredEndpoint> {
    return mustBe(ENDPOINT_ID.test(id) ? await this.stored.find(id, mode) : undefined);
  }

  list({ mode }: Caller, afterNo: number, limit: number): Promise<StoredEndpoint[]> {
    return this.stored.list(mode, afterNo, limit);
  }

  /** @throws LedgerError webhook_endpoint_not_found, invalid_request */
  async change({ mode }: Caller, id: string, terms: EndpointTerms, enabled?: boolean): Promise<StoredEndpoint> {
    const checked = this.checked(terms);
    return mustBe(ENDPOINT_ID.test(id) ? await this.stored.change(id, mode, checked, enabled) : undefined);
  }

  /** @throws LedgerError webhook_endpoint_not_found */
  async delete({ mode }: Caller, id: string): Promise<StoredEndpoint> {
    return mustBe(ENDPOINT_ID.test(id) ? await this.stored.delete(id, mode) : undefined);
  }

  /** @throws LedgerError webhook_endpoint_not_found */
  async rotateSecret({ mode }: Caller, id: string, overlapSeconds: number): Promise<WithSecret> {
    const secret = randomBytes(SECRET_BYTES);
    const rotated = ENDPOINT_ID.test(id) ? await this.stored.rotate(id, mode, secret, overlapSeconds) : undefined;
    return { ...mustBe(rotated), secret: secretText(secret) };
  }

  /** Sends one event that says nothing, now, whether the endpoint is enabled or not. @throws LedgerError webhook_endpoint_not_found */
  async test(caller: Caller, id: string): Promise<Outcome> {
    const { no, url } = await this.get(caller, id);
    const event = `evt_${randomUUID().replaceAll('-', '')}`;
    const body = {
      type: 'endpoint.test',
      id: event,
      account: null,
      sequence: 0,
      occurred_at: formatMoment(Date.now()),
    };
    const secrets = await this.stored.secrets(no);
    return sendEvent(this.reach, { url, secrets, id: event, body: JSON.stringify({ ...body, data: {} }) });
  }

  /** By account. @throws LedgerError webhook_endpoint_not_found */
  async waiting(caller: Caller, id: string, afterNo: number, limit: number): Promise<Waiting[]> {
    return readWaiting(this.pool, (await this.get(caller, id)).no, afterNo, limit);
  }

  /** On record with who asked and why. @throws LedgerError webhook_endpoint_not_found */
  async replay(caller: Caller, id: string, from: ReplayFrom, asked: object, reason: string): Promise<Replayed> {
    const endpoint = await this.get(caller, id);
    const { keyId: actor, mode } = caller;
    const use = { actor, mode, action: 'webhooks.replay', arguments: { endpoint: id, ...asked }, reason };
    return this.atOnce(endpoint.mode, endpoint.no, from, use);
  }

  private atOnce(mode: Mode, no: number, from: ReplayFrom, use: Parameters<typeof recordUse>[1]): Promise<Replayed> {
    return transact(this.pool, async client => {
      const replayed = await setBack(client, { no, mode }, from);
      await recordUse(client, use);
      return replayed;
    });
  }

  private checked(terms: EndpointTerms): EndpointTerms {
    const read = readEndpointUrl(terms.url, this.reach);
    if ('url' in read) return { ...terms, url: read.url };
    const errors = [{ location: 'body.url', message: read.problem }];
    throw new LedgerError('invalid_request', `body.url ${read.problem}`, { errors });
  }
}

function mustBe(endpoint: StoredEndpoint | undefined): StoredEndpoint {
  if (endpoint === undefined) throw new LedgerError('webhook_endpoint_not_found', 'there is no such endpoint');
  return endpoint;
}
