import { Api, expectStatus, pathOf, type Answer, type Json } from './api.js';

/** Every scope that a test of accounts under a clock needs. */
const SCOPES = ['ledger:read', 'ledger:write', 'config:write', 'usage:read'];

/** Accounts of test mode whose time is moved by the test. */
export class ClockedApi {
  private constructor(
    readonly api: Api,
    /** A test key. */
    readonly as: string,
  ) {}

  static async over(api: Api): Promise<ClockedApi> {
    return new ClockedApi(api, await api.makeKey({ mode: 'test', scopes: SCOPES }));
  }

  /** @param as a test key of the caller's */
  static as(api: Api, as: string): ClockedApi {
    return new ClockedApi(api, as);
  }

  /** The same accounts by another replica. */
  through(api: Api): ClockedApi {
    return new ClockedApi(api, this.as);
  }

  /** A new clock's id. */
  async clock(nowAt: string): Promise<string> {
    return expectStatus(201, await this.api.post('/v1/test-clocks', { now_at: nowAt }, { as: this.as })).id;
  }

  /** A clock, and an account that lives by it. */
  async account(name: string, nowAt: string): Promise<string> {
    const clock = await this.clock(nowAt);
    await this.take(name, clock);
    return clock;
  }

  async take(name: string, clock: string): Promise<Json> {
    return expectStatus(200, await this.put(pathOf(name), { test_clock: clock }));
  }

  /** All the way; asked again as a client should, where the ledger is busy for a moment. */
  async advance(clock: string, toAt: string): Promise<Json> {
    for (;;) {
      const answer = await this.post(`/v1/test-clocks/${clock}/advance`, { to_at: toAt });
      if (answer.body?.code === 'busy') continue;
      const moved = expectStatus(200, answer);
      if (moved.status === 'ready') return moved;
    }
  }

  async subscribe(name: string, body: object, subscription = 'main'): Promise<Json> {
    return expectStatus(200, await this.put(`${pathOf(name)}/subscriptions/${subscription}`, body));
  }

  async subscription(name: string, subscription = 'main'): Promise<Json> {
    return expectStatus(200, await this.get(`${pathOf(name)}/subscriptions/${subscription}`)).subscription;
  }

  async charge(name: string, amount: string, unit = 'credits'): Promise<Json> {
    return expectStatus(201, await this.post(`${pathOf(name)}/charges`, { amount, unit }));
  }

  async grant(name: string, amount: string, more: object = {}): Promise<Json> {
    return expectStatus(201, await this.post(`${pathOf(name)}/grants`, { amount, ...more }));
  }

  /** Of one unit, as it is now. */
  async balance(name: string, unit = 'credits', query = ''): Promise<Json> {
    return expectStatus(200, await this.get(`${pathOf(name)}/balance${query}`)).balances[unit];
  }

  /** The newest hundred, the oldest of them first. */
  async entries(name: string, filter = ''): Promise<Json[]> {
    return expectStatus(200, await this.get(`${pathOf(name)}/entries?limit=100${filter}`)).data.reverse();
  }

  get(path: string): Promise<Answer> {
    return this.api.get(path, { as: this.as });
  }

  put(path: string, body: object): Promise<Answer> {
    return this.api.put(path, body, { as: this.as });
  }

  post(path: string, body: object, key?: string): Promise<Answer> {
    return this.api.post(path, body, { as: this.as, ...(key !== undefined && { key }) });
  }
}
