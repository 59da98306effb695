import { randomUUID } from 'node:crypto';
import { transact } from '../../src/database/transact.js';
import type { Json } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import { auditLedger } from '../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';

const START = '2027-01-31T00:00:00.000Z';
const END = '2027-02-05T00:00:00.000Z';
const DAY_S = 86_400;
const PATIENCE_MS = 240_000;

/** What is told of an account, without ids, which are of one database. */
const TOLD = `
SELECT n.id AS account, json_agg(json_build_array(d.sequence, e.type, e.occurred_at,
         e.data - ARRAY['entry', 'lot', 'reservation']) ORDER BY d.sequence) AS told
FROM webhook_deliveries d JOIN webhook_events e ON e.no = d.event JOIN account_names n ON n.account_no = d.account_no
GROUP BY n.id ORDER BY n.id`;

/** Without what is of one database, as above. */
const ENTRIES = `
SELECT n.id AS account,
       to_jsonb(e) - ARRAY['account_no', 'position', 'recorded_at'] #- '{details,settings,test_clock}' AS entry
FROM entries e JOIN account_names n USING (account_no) ORDER BY n.id, e.seq`;

/** So that the way takes its time on any machine, and a kill on the way finds it there. */
const SLOW_STEPS = `
CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$;
CREATE TRIGGER take_time BEFORE UPDATE ON test_clocks FOR EACH ROW EXECUTE FUNCTION take_time()`;

/** Accounts with something of everything that time does, under one clock, on a database and services of their own. */
export class ClockedStory {
  readonly start = Date.parse(START);
  readonly end = Date.parse(END);
  private clock = '';
  private testKey = '';

  private constructor(
    private readonly database: TestDatabase,
    private readonly services: RunningService[],
    private readonly startOne: (role: string) => Promise<RunningService>,
    private readonly roles: readonly string[],
  ) {}

  static async open(...roles: string[]): Promise<ClockedStory> {
    const database = await createTestDatabase();
    const env = { API_KEY: `crd_live_${randomUUID()}`, WEBHOOKS_ALLOW_LOOPBACK: 'true', LOG_LEVEL: 'warn' };
    const startOne = (ROLE: string) => startService({ databaseUrl: database.url, env: { ...env, ROLE } });
    const services = await Promise.all(roles.map(startOne));
    const story = new ClockedStory(database, services, startOne, roles);
    await story.begin();
    return story;
  }

  async slowDown(): Promise<void> {
    await this.database.ownerPool.query(SLOW_STEPS);
  }

  /** Nobody moves the clock during the work. @returns where it stood */
  stoodStill(work: () => Promise<unknown>): Promise<number> {
    return transact(this.database.ownerPool, async client => {
      const { rows } = await client.query('SELECT now_at FROM test_clocks FOR UPDATE');
      await work();
      return rows[0].now_at.getTime();
    });
  }

  /** Until the clock is where it was to be; a service that is busy for a moment is asked again. */
  async advance(): Promise<void> {
    const isThere = async () => (await this.advanceBy(this.services[0]!)).status === 'ready';
    await eventually(() =>
      isThere().catch((error: Error) => !error.message.includes('"busy"') && Promise.reject(error)),
    );
  }

  /** Both at once; what comes of it is for others to see. */
  askAll(): void {
    for (const service of this.services) void this.advanceBy(service).catch(() => null);
  }

  /** Without another call. */
  arrive(): Promise<void> {
    return eventually(async () => (await this.now()) === this.end && (await this.target()) === null, PATIENCE_MS);
  }

  async kill(index: number): Promise<void> {
    await this.services[index]!.kill9();
  }

  async restart(index: number): Promise<void> {
    this.services[index] = await this.startOne(this.roles[index]!);
  }

  async now(): Promise<number> {
    return (await this.database.ownerPool.query('SELECT now_at FROM test_clocks')).rows[0].now_at.getTime();
  }

  /** By account; once the outbox has all that the entries say. */
  async told(): Promise<ReadonlyMap<string, unknown>> {
    await eventually(async () => {
      const { rows } = await this.database.ownerPool.query(
        `SELECT position >= (SELECT max(position) FROM entries) AS caught_up FROM projection_checkpoints WHERE projection = 'webhooks'`,
      );
      return rows[0]?.caught_up === true;
    }, PATIENCE_MS);
    const { rows } = await this.database.ownerPool.query(TOLD);
    return new Map(rows.map(({ account, told }) => [account, told]));
  }

  async entries(): Promise<unknown[]> {
    return (await this.database.ownerPool.query(ENTRIES)).rows;
  }

  faults(): Promise<string[]> {
    return auditLedger(this.database);
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map(service => service.stop()));
    await this.database.close();
  }

  private async begin(): Promise<void> {
    const as = this.services[0]!.apiKey;
    const key = { name: 'story', mode: 'test', scopes: ['ledger:read', 'ledger:write', 'config:write'] };
    await this.call('PUT', '/units/seats', { kind: 'allowance', scale: 0 }, as);
    const hourly = { unit: 'credits', amount: '7', rollover: { carry: 'cap', percent: 50, periods: 3 } };
    await this.call(
      'PUT',
      '/plans/hourly',
      { name: 'Hourly', publish: true, period: { every: 'hour' }, grants: [hourly] },
      as,
    );
    const trial = { days: 3, grants: [{ unit: 'credits', amount: '3' }] };
    const limits = [
      { unit: 'seats', amount: '4', window: { every: 'day', anchor: 'calendar', time_zone: 'Asia/Tokyo' } },
    ];
    const monthly = { unit: 'credits', amount: '100', rollover: { carry: 'all', expires_after_seconds: 5 * DAY_S } };
    await this.call('PUT', '/plans/monthly', { name: 'Monthly', publish: true, trial, limits, grants: [monthly] }, as);
    this.testKey = (await this.call('POST', '/keys', key, as))['secret'];
    // Nobody listens there: it is all kept.
    await this.call('POST', '/webhook-endpoints', { url: 'http://127.0.0.1:9/' });
    await this.call('PUT', '/alert-rules/soon', { expires_within_seconds: DAY_S });
    await this.call('PUT', '/alert-rules/low', { amount: '3' });
    this.clock = (await this.call('POST', '/test-clocks', { now_at: START }))['id'];
    for (const name of ['a', 'b', 'c', 'd', 'e']) await this.account(name);
  }

  private async account(name: string): Promise<void> {
    const path = `/accounts/${name}`;
    await this.call('PUT', path, { test_clock: this.clock });
    await this.call('POST', `${path}/grants`, { amount: '20', expires_at: '2027-02-03T12:34:56.789Z' });
    await this.call('PUT', `${path}/subscriptions/main`, { plan: 'hourly' });
    if (name < 'c') await this.call('PUT', `${path}/subscriptions/more`, { plan: 'monthly', trial: true });
    const terms = { ttl_seconds: DAY_S, grace_seconds: 60 };
    await this.call('POST', `${path}/reservations`, { amount: '12', ...terms });
  }

  private async target(): Promise<Date | null> {
    return (await this.database.ownerPool.query('SELECT target_at FROM test_clocks')).rows[0].target_at;
  }

  private advanceBy(service: RunningService): Promise<Json> {
    return this.call('POST', `/test-clocks/${this.clock}/advance`, { to_at: END }, this.testKey, 'the move', service);
  }

  private async call(
    method: string,
    path: string,
    body: object,
    as = this.testKey,
    key: string = randomUUID(),
    service = this.services[0]!,
  ): Promise<Json> {
    const answer = await fetch(`${service.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
