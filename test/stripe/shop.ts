import { randomBytes, randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';
import { StripeSimulator, type SimulatorOptions } from '../../tools/stripe-sim/simulator.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { RedisServer } from '../support/redis-server.js';
import { startService, type RunningService } from '../support/service.js';
import type { Json } from '../contract/api.js';

const SECRET = 'whsec_of_the_shop';
const PAGES = { success_url: 'https://example.com/thanks', cancel_url: 'https://example.com/credits' };

interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

/** A service that sells credits, and the Stripe it sells them through. */
export class Shop {
  readonly stripe: Stripe;
  /** The processes; the first one gets the webhooks. */
  readonly services: RunningService[] = [];
  private caller: string;

  private constructor(
    readonly database: TestDatabase,
    readonly simulator: StripeSimulator,
    private readonly redis: RedisServer | undefined,
    readonly apiKey: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.caller = apiKey;
    const { hostname, port } = new URL(simulator.url);
    this.stripe = new Stripe(simulator.secretKey, { host: hostname, port, protocol: 'http' });
  }

  /** @param env of its services, on top of what they need for it */
  static async open(
    store: 'postgres' | 'redis',
    roles: readonly string[] = ['all'],
    options: SimulatorOptions = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<Shop> {
    const [database, simulator, redis] = await Promise.all([
      createTestDatabase(),
      StripeSimulator.start({ livemode: true, ...options }),
      store === 'redis' ? RedisServer.start() : undefined,
    ]);
    const shop = new Shop(database, simulator, redis, `crd_live_${randomBytes(24).toString('base64url')}`, env);
    for (const role of roles) shop.services.push(await shop.startService(role));
    simulator.endpoints.add(`${shop.url}/webhooks/stripe`, { secrets: [SECRET] });
    return shop;
  }

  /** From now on all calls are those of a key of test mode, with all scopes. */
  async goToTestMode(): Promise<void> {
    const scopes = ['ledger:read', 'ledger:write', 'config:write', 'billing:write', 'usage:read', 'ops'];
    const made = await this.call('POST', '/keys', { name: 'tests', mode: 'test', scopes });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    this.caller = made.body.secret;
  }

  get url(): string {
    return this.services[0]!.url;
  }

  startService(role: string): Promise<RunningService> {
    return startService({
      databaseUrl: this.database.url,
      env: {
        API_KEY: this.apiKey,
        ROLE: role,
        STRIPE_SECRET_KEY: this.simulator.secretKey,
        STRIPE_WEBHOOK_SECRET: SECRET,
        STRIPE_API_BASE: this.simulator.url,
        ...(this.redis && { REDIS_URL: this.redis.url }),
        ...this.env,
      },
    });
  }

  async close(): Promise<void> {
    await this.simulator.stop();
    await Promise.all(this.services.map(service => service.stop()));
    await this.redis?.stop();
    await this.database.close();
  }

  /** As a client should: again with the same key, where the service is busy for a moment. */
  async call(method: string, path: string, body?: object, key: string = randomUUID()): Promise<Answer> {
    let answer = await this.callOnce(method, path, body, key);
    const isBusy = () => answer.status === 503 && answer.body.code === 'busy';
    await eventually(async () => !isBusy() || ((answer = await this.callOnce(method, path, body, key)), !isBusy()));
    return answer;
  }

  private async callOnce(method: string, path: string, body: object | undefined, key: string): Promise<Answer> {
    const answer = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.caller}`,
        ...(method === 'POST' && { 'idempotency-key': key }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  beginTopUp(account: string, wanted: object, key?: string): Promise<Answer> {
    return this.call('POST', `/accounts/${account}/top-ups`, { ...wanted, ...PAGES }, key);
  }

  /** Begins a top-up and pays for it. @returns the payment intent, or the session where there was nothing to pay */
  async buy(account: string, wanted: object, method = 'pm_card_visa', code?: string): Promise<string> {
    const key = randomUUID();
    let begun = await this.beginTopUp(account, wanted, key);
    // A Stripe that is slow for a moment is no fact of its own: the same request again, as the answer says.
    await eventually(
      async () => begun.status !== 503 || (begun = await this.beginTopUp(account, wanted, key)).status !== 503,
    );
    if (begun.status !== 201) throw new Error(JSON.stringify(begun.body));
    const session = await this.sessionOf(begun.body.id);
    if (code !== undefined) this.simulator.checkout.applyCode(session, code);
    this.simulator.checkout.pay(session, method);
    const { payment_intent: intent } = await this.stripe.checkout.sessions.retrieve(session);
    return intent === null ? session : String(intent);
  }

  /** A payment that somebody's own code makes. @returns the payment intent */
  async paidByOthers(metadata: Record<string, string>, amount = 1_000, currency = 'usd'): Promise<string> {
    const paid = { amount, currency, payment_method: 'pm_card_visa', confirm: true, metadata };
    return (await this.stripe.paymentIntents.create({ ...paid, return_url: 'https://example.com' })).id;
  }

  /** Nobody hears of what happens meanwhile: no webhook tells of it, and the next walk along Stripe's list is minutes away. */
  async unheard<T>(happens: () => Promise<T>): Promise<T> {
    await this.listed();
    this.simulator.deliveries.hold();
    const happened = await happens();
    this.simulator.deliveries.dropHeld();
    this.simulator.deliveries.resume();
    return happened;
  }

  /** Once no walk along Stripe's list of events is under way; as if it had been now, the next one is minutes away. */
  async listed(): Promise<void> {
    const WAS_NOW = `
UPDATE job_runs SET started_at = now(), succeeded_at = now()
WHERE name = 'list-missed-stripe-events' AND succeeded_at >= started_at`;
    await eventually(async () => (await this.database.ownerPool.query(WAS_NOW)).rowCount === 1);
  }

  async sessionOf(topUp: string): Promise<string> {
    const { rows } = await this.database.ownerPool.query<{ session: string }>(
      'SELECT session FROM top_ups WHERE id = $1',
      [topUp],
    );
    return rows[0]!.session;
  }

  async credits(account: string): Promise<Json> {
    return (await this.call('GET', `/accounts/${account}`)).body.balances.credits;
  }

  /** Once the account has that. */
  async has(account: string, expected: Readonly<Record<string, string>>): Promise<void> {
    let last: Json;
    const hasIt = async (): Promise<boolean> => {
      const { body } = await this.call('GET', `/accounts/${account}`);
      // A service that is busy for a moment says so.
      last = body.balances?.credits ?? body;
      return Object.entries(expected).every(([sum, amount]) => last[sum] === amount);
    };
    await eventually(hasIt).catch((cause: unknown) => {
      const had = JSON.stringify(last);
      throw new Error(`${account} does not come to ${JSON.stringify(expected)}, it has ${had}`, { cause });
    });
  }

  /** Once nothing of Stripe's waits any more. */
  async quiet(withinMs?: number): Promise<void> {
    await this.simulator.deliveries.settled();
    await eventually(async () => (await this.waiting()) === 0, withinMs);
  }

  /** Events that are not settled yet. */
  async waiting(): Promise<number> {
    const { rows } = await this.database.ownerPool.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM stripe_events WHERE next_attempt_at IS NOT NULL',
    );
    return rows[0]!.n;
  }
}
