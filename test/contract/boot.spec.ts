import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Api } from './api.js';

describe('the first key', () => {
  let database: TestDatabase;
  let told: string[];

  beforeEach(async () => {
    database = await createTestDatabase();
    told = [];
    jest.spyOn(console, 'log').mockImplementation(text => void told.push(String(text)));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await database.close();
  });

  async function boot(apiKey?: string): Promise<() => Promise<void>> {
    const config = loadConfig(apiKey === undefined ? {} : { API_KEY: apiKey });
    const app = await createApp({
      config,
      logger: pino({ level: 'silent' }),
      database: { ...database, ownerUrl: database.url },
    });
    await app.init();
    return () => app.close();
  }

  test('is made and shown by the first boot, by one of the replicas that boot at once, and never again', async () => {
    const stops = await Promise.all([boot(), boot(), boot()]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/crd_live_[0-9A-Za-z]{11}_[0-9A-Za-z]{49}/);
    const { rows } = await database.ownerPool.query('SELECT name, mode, cardinality(scopes) AS scopes FROM api_keys');
    expect(rows).toEqual([{ name: 'first key', mode: 'live', scopes: 7 }]);
    stops.push(await boot());
    expect(told).toHaveLength(1);
    await Promise.all(stops.map(stop => stop()));
  });

  test("is the operator's own where there is one, and none is made or shown", async () => {
    const stops = [await boot('crd_live_my-own-key-0123456789'), await boot('crd_live_my-own-key-0123456789')];
    const { rows } = await database.ownerPool.query('SELECT name FROM api_keys');
    expect(rows).toEqual([{ name: 'API_KEY' }]);
    expect(told).toEqual([]);
    await Promise.all(stops.map(stop => stop()));
  });
});

describe('without its database', () => {
  test('the service lets nobody in, and says when to come back', async () => {
    const api = await Api.start();
    const { appPool } = api.database;
    const asked = jest.spyOn(appPool, 'query').mockImplementation((() => {
      return Promise.reject(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }));
    }) as never);
    for (const answer of [await api.get('/v1/accounts'), await api.get('/readyz', { as: null })]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'busy', retryable: true } });
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect((await api.get('/livez', { as: null })).status).toBe(200);
    asked.mockRestore();
    expect((await api.get('/v1/accounts')).status).toBe(200);
    await api.stop();
  });
});
