import { Counter, Registry } from 'prom-client';
import { AlertRules } from '../../src/alerts/alert-rules.js';
import type { Mode } from '../../src/keys/api-key.js';
import { DeliverWebhooks } from '../../src/webhooks/delivery/deliver-webhooks.js';
import type { Reach } from '../../src/webhooks/delivery/reach.js';
import { Streams } from '../../src/webhooks/delivery/streams.js';
import type { EndpointTerms } from '../../src/webhooks/endpoints/stored-endpoints.js';
import { WebhookEndpoints, type WithSecret } from '../../src/webhooks/endpoints/webhook-endpoints.js';
import { FollowOutbox } from '../../src/webhooks/outbox/follow-outbox.js';
import { Outbox } from '../../src/webhooks/outbox/outbox.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { openEngine, type Engine } from '../support/engine.js';
import { Teller } from '../support/teller.js';

const LOOPBACK: Reach = { allowLoopback: true, resolve: () => Promise.reject(new Error('no names in this test')) };

const LASTING_PAUSES = `
CREATE OR REPLACE FUNCTION let_pauses_last() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.next_attempt_at := NEW.next_attempt_at + interval '1 hour'; RETURN NEW; END $$;
CREATE TRIGGER lasting_pauses BEFORE INSERT OR UPDATE ON webhook_streams FOR EACH ROW
  WHEN (NEW.next_attempt_at > clock_timestamp() + interval '1 second') EXECUTE FUNCTION let_pauses_last()`;

/** A ledger whose outbox is filled and emptied when the test says so. */
export class ToldLedger {
  readonly said: string[] = [];
  readonly teller: Teller;
  readonly rules: AlertRules;
  readonly endpoints: WebhookEndpoints;
  readonly outbox: Outbox;
  private readonly follow: FollowOutbox;
  private readonly deliver: DeliverWebhooks;

  private constructor(
    readonly database: TestDatabase,
    readonly engine: Engine,
  ) {
    const { appPool } = database;
    const log = {
      warn: (text: string) => void this.said.push(text),
      error: (text: string) => void this.said.push(text),
    };
    this.teller = new Teller(engine);
    this.rules = new AlertRules(appPool, engine.units);
    this.endpoints = new WebhookEndpoints(appPool, LOOPBACK);
    this.outbox = new Outbox(engine.ids);
    this.follow = new FollowOutbox(appPool, this.outbox, log);
    const attempts = new Counter({ name: 'a', help: 'a', labelNames: ['outcome'], registers: [new Registry()] });
    this.deliver = new DeliverWebhooks({ streams: new Streams(appPool), reach: LOOPBACK, attempts, log });
  }

  static async open(units: Record<string, number> = {}): Promise<ToldLedger> {
    const database = await createTestDatabase();
    return new ToldLedger(database, await openEngine(database, { lanes: 2, units }));
  }

  async close(): Promise<void> {
    await this.engine.writePath.drain();
    await this.database.close();
  }

  listen(url: string, terms: Partial<EndpointTerms> = {}, mode: Mode = 'live'): Promise<WithSecret> {
    return this.endpoints.create(callerOf(mode), { url, description: '', events: null, ...terms });
  }

  /** All that the entries say is in the outbox. */
  async fill(): Promise<void> {
    await this.follow.run(runOf());
    if (this.said.some(text => text.includes('stands before'))) throw new Error(this.said.join('\n'));
  }

  /** All that is due was tried. */
  send(signal?: AbortSignal): Promise<void> {
    return this.deliver.run(runOf(signal));
  }

  async fillAndSend(): Promise<void> {
    await this.fill();
    await this.send();
  }

  /** As if all pauses were over. */
  async letPausesPass(): Promise<void> {
    await this.database.ownerPool.query(
      `UPDATE webhook_streams SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL`,
    );
  }

  /** From now on none of them is over before it is let pass, however slowly this machine goes on. */
  async letPausesLast(): Promise<void> {
    await this.database.ownerPool.query(LASTING_PAUSES);
  }

  /** As they are, again. */
  async letPausesBe(): Promise<void> {
    await this.database.ownerPool.query('DROP TRIGGER lasting_pauses ON webhook_streams');
  }

  /** What the outbox has for an endpoint, by account and sequence. */
  async written(endpoint: number): Promise<{ account: string; sequence: number; type: string; data: object }[]> {
    const { rows } = await this.database.ownerPool.query(
      `SELECT n.id AS account, d.sequence::int AS sequence, e.type, e.data
       FROM webhook_deliveries d JOIN webhook_events e ON e.no = d.event JOIN account_names n ON n.account_no = d.account_no
       WHERE d.endpoint = $1 ORDER BY n.id, d.sequence`,
      [endpoint],
    );
    return rows;
  }
}

export function callerOf(mode: Mode) {
  return { keyId: `key_of_${mode}`, mode, scopes: [] };
}

export function runOf(signal = new AbortController().signal) {
  return { signal, failed: () => {} };
}
