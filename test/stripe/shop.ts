import { randomBytes, randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';
import { StripeSimulator } from '../../tools/stripe-sim/simulator.js';
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

  private constructor(
    readonly database: TestDatabase,
    readonly simulator: StripeSimulator,
    private readonly redis: RedisServer | undefined,
    readonly apiKey: string,
  ) {
    const { hostname, port } = new URL(simulator.url);
    this.stripe = new Stripe(simulator.secretKey, { host: hostname, port, protocol: 'http' });
  }

  static async open(store: 'postgres' | 'redis', roles: readonly string[] = ['all']): Promise<Shop> {
    const [database, simulator, redis] = await Promise.all([
      createTestDatabase(),
      StripeSimulator.start({ livemode: true }),
      store === 'redis' ? RedisServer.start() : undefined,
    ]);
    const shop = new Shop(database, simulator, redis, `crd_live_${randomBytes(24).toString('base64url')}`);
    for (const role of roles) shop.services.push(await shop.startService(role));
    simulator.endpoints.add(`${shop.url}/webhooks/stripe`, { secrets: [SECRET] });
    return shop;
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
      },
    });
  }

  async close(): Promise<void> {
    await this.simulator.stop();
    await Promise.all(this.services.map(service => service.stop()));
    await this.redis?.stop();
    await this.database.close();
  }

  async call(method: string, path: string, body?: object, key: string = randomUUID()): Promise<Answer> {
    const answer = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
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
    const begun = await this.beginTopUp(account, wanted);
    if (begun.status !== 201) throw new Error(JSON.stringify(begun.body));
    const session = await this.sessionOf(begun.body.id);
    if (code !== undefined) this.simulator.checkout.applyCode(session, code);
    this.simulator.checkout.pay(session, method);
    const { payment_intent: intent } = await this.stripe.checkout.sessions.retrieve(session);
    return intent === null ? session : String(intent);
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
    await eventually(async () => {
      const { rows } = await this.database.ownerPool.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM stripe_events WHERE next_attempt_at IS NOT NULL',
      );
      return rows[0]!.n === 0;
    }, withinMs);
  }
}
