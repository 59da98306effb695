import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PlanCatalogue } from '../../../src/plans/plan-catalogue.js';
import { UnitRegistry } from '../../../src/units/unit-registry.js';
import { EXAMPLE_PLAN } from '../../../src/transport/requests/plans.js';
import { Api, expectStatus, type Json } from '../api.js';

const FREE = { name: 'Free', grants: [{ unit: 'credits', amount: '20' }] };
const PRO = { name: 'Pro', prices: [{ amount: '20', currency: 'usd' }], grants: [{ unit: 'credits', amount: '1000' }] };

describe('the catalogue of plans', () => {
  let api: Api;
  let reader: string;
  let keyId: string;

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/premium_renders', { kind: 'allowance', scale: 0 });
    await api.put('/v1/units/tokens', { kind: 'prepaid', scale: 0 });
    // The only one there is yet.
    keyId = (await api.get('/v1/keys')).body.data[0].id;
    reader = await api.makeKey({ scopes: ['ledger:read'] });
  });

  afterAll(() => api.stop());

  const publish = async (id: string, definition: object): Promise<Json> =>
    expectStatus(200, await api.put(`/v1/plans/${id}`, { ...definition, publish: true }));
  const saveDraft = async (id: string, definition: object): Promise<Json> =>
    expectStatus(200, await api.put(`/v1/plans/${id}`, definition));
  const versionsOf = async (id: string): Promise<Json[]> => (await api.get(`/v1/plans/${id}/versions`)).body.data;

  test('publishes versions that are counted from 1, tells who and when, and keeps every one as it was', async () => {
    const first = await publish('growing', { ...FREE, name: 'First' });
    expect(first).toMatchObject({
      id: 'growing',
      version: 1,
      definition: { name: 'First' },
      draft: null,
      archived_at: null,
    });
    const second = await publish('growing', { ...FREE, name: 'Second' });
    expect(second).toMatchObject({ version: 2, definition: { name: 'Second' } });
    expect(await versionsOf('growing')).toMatchObject([
      { version: 2, published_by: keyId, definition: { name: 'Second' } },
      { version: 1, published_by: keyId, published_at: first.published_at, definition: first.definition },
    ]);
  });

  test('shows what is left out as what it means', async () => {
    const { definition } = await publish('bare', { name: 'Bare' });
    expect(definition).toEqual({
      name: 'Bare', features: [], order: 0, public: false, prices: [], grants: [], limits: [],
      period: { every: 'month', count: 1, anchor: 'subscription' },
    }); // prettier-ignore
  });

  test('makes no version of what the newest says already, however it is written', async () => {
    await publish('same', FREE);
    const again = await publish('same', { grants: [{ amount: 20, unit: 'credits', priority: 50 }], name: 'Free' });
    expect(again.version).toBe(1);
    expect(await versionsOf('same')).toHaveLength(1);
  });

  test('sells no draft, and forgets it once something is published', async () => {
    const drafted = await saveDraft('drafted', FREE);
    expect(drafted).toMatchObject({ version: null, definition: null, draft: { name: 'Free' } });
    for (const as of [null, reader]) {
      expect(await api.get('/v1/plans/drafted', { as })).toMatchObject({
        status: 404,
        body: { code: 'plan_not_found' },
      });
    }
    await expect(resolve('drafted')).rejects.toMatchObject({ code: 'plan_not_found' });
    await saveDraft('drafted', { ...FREE, name: 'Another' });
    expect(await publish('drafted', FREE)).toMatchObject({ version: 1, definition: { name: 'Free' }, draft: null });
    const later = await saveDraft('drafted', { ...FREE, name: 'Later' });
    expect(later).toMatchObject({ version: 1, definition: { name: 'Free' }, draft: { name: 'Later' } });
    const { body: seen } = await api.get('/v1/plans/drafted', { as: reader });
    expect(seen).toMatchObject({ definition: { name: 'Free' } });
    expect(Object.keys(seen)).not.toContain('draft');
  });

  test('shows a pricing page what is public and sold without any key, from any site', async () => {
    await publish('free', { ...FREE, public: true });
    await publish('shown', { ...EXAMPLE_PLAN });
    await publish('hidden', FREE);
    await publish('gone', { ...FREE, public: true });
    await api.call('DELETE', '/v1/plans/gone');
    const answer = await api.get('/v1/plans?limit=100', { as: null });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.body.data.map(({ id }: Json) => id)).toEqual(['free', 'shown']);
    expect(answer.body.data[1].definition).toMatchObject({
      name: 'Pro',
      prices: [{ amount: '20', currency: 'usd', stripe_price: 'price_1NqPro' }],
      grants: [{ unit: 'credits', amount: '1000', rollover: { carry: 'cap', percent: 20, amount: '200' } }],
      limits: [{ unit: 'premium_renders', amount: '10', window: { time_zone: 'Asia/Tokyo', count: 1 } }],
    });
    expect(await api.get('/v1/plans/shown', { as: null })).toMatchObject({ status: 200, body: { id: 'shown' } });
    for (const id of ['hidden', 'gone', 'nothing', '__proto__', 'a%00b']) {
      expect(await api.get(`/v1/plans/${id}`, { as: null })).toMatchObject({
        status: 404,
        body: { code: 'plan_not_found' },
      });
    }
    expect((await api.get('/v1/plans?limit=100', { as: reader })).body.data.map(({ id }: Json) => id)).toEqual(
      expect.arrayContaining(['free', 'gone', 'hidden', 'shown']),
    );
  });

  test('pages, for everybody', async () => {
    for (const as of [null, reader, api.apiKey]) {
      const { body: first } = await api.get('/v1/plans?limit=1', { as });
      expect(first).toMatchObject({ has_more: true, data: [{}] });
      const { body: second } = await api.get(`/v1/plans?limit=1&after=${first.next_cursor}`, { as });
      expect(second.data[0].id > first.data[0].id).toBe(true);
      expect(await api.get('/v1/plans?limit=101', { as })).toMatchObject({ status: 422 });
      expect(await api.get('/v1/plans?after=xyz', { as })).toMatchObject({ status: 422 });
    }
    await publish('paged', { ...FREE, name: 'A' });
    await publish('paged', { ...FREE, name: 'B' });
    const { body } = await api.get('/v1/plans/paged/versions?limit=1');
    expect(body).toMatchObject({ has_more: true, data: [{ version: 2 }] });
    const { body: rest } = await api.get(`/v1/plans/paged/versions?limit=1&after=${body.next_cursor}`);
    expect(rest).toMatchObject({ has_more: false, data: [{ version: 1 }] });
  });

  test('refuses a key that is none even where none is needed, and writing without the scope', async () => {
    const answer = await api.get('/v1/plans', { as: 'crd_live_nobodys_key_at_all' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    for (const as of [reader, await api.makeKey()]) {
      expect(await api.put('/v1/plans/free', FREE, { as })).toMatchObject({
        status: 403,
        body: { code: 'scope_missing' },
      });
      expect(await api.call('DELETE', '/v1/plans/free', { as })).toMatchObject({ status: 403 });
      expect(await api.get('/v1/plans/free/versions', { as })).toMatchObject({ status: 403 });
    }
    expect(await api.put('/v1/plans/free', FREE, { as: null })).toMatchObject({ status: 401 });
  });

  test('shows a key that may not read the ledger no more than anybody', async () => {
    await publish('for-readers', FREE);
    const as = await api.makeKey({ scopes: ['usage:read'] });
    expect(await api.get('/v1/plans/for-readers', { as })).toMatchObject({ status: 404 });
  });

  test('ends a sale once and for all, until the plan is published again', async () => {
    await publish('ending', { ...FREE, public: true });
    const archived = expectStatus(200, await api.call('DELETE', '/v1/plans/ending'));
    expect(archived.archived_at).not.toBeNull();
    const [use] = (await api.get('/v1/ops/runs?limit=1')).body.data;
    expect(use).toMatchObject({
      action: 'plans.archive',
      arguments: { plan: 'ending' },
      state: 'recorded',
      reason: null,
    });
    expect(use.actor).toMatch(/^key_/);
    expect((await api.call('DELETE', '/v1/plans/ending')).body).toEqual(archived);
    expect(await resolve('ending')).toMatchObject({ archived: true, terms: { plan: 'ending', version: 1 } });
    await saveDraft('ending', { ...FREE, name: 'Perhaps' });
    expect((await api.get('/v1/plans/ending')).body.archived_at).toBe(archived.archived_at);
    expect(await publish('ending', { ...FREE, public: true })).toMatchObject({ version: 1, archived_at: null });
    expect(await resolve('ending')).toMatchObject({ archived: false });
    const unknown = await api.call('DELETE', '/v1/plans/unheard-of');
    expect(unknown).toMatchObject({ status: 404, body: { code: 'plan_not_found' } });
    expect(await api.get('/v1/plans/unheard-of/versions')).toMatchObject({
      status: 404,
      body: { code: 'plan_not_found' },
    });
  });

  test('keeps a fallback a plan without price and without fallback of its own, on sale as long as one names it', async () => {
    await publish('floor', FREE);
    await publish('upper', { ...PRO, fallback: 'floor' });
    const refused = async (id: string, definition: object, location: string, words: string) => {
      const answer = await api.put(`/v1/plans/${id}`, { ...definition, publish: true });
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request', errors: [{ location }] } });
      expect(answer.body.errors[0].message).toContain(words);
    };
    await refused('upper', { ...PRO, fallback: 'nowhere' }, 'body.fallback', 'publish it first');
    await refused('upper', { ...PRO, fallback: 'upper' }, 'body.fallback', 'itself');
    await refused('other', { ...FREE, fallback: 'upper' }, 'body.fallback', 'without a price');
    await publish('middle', { ...FREE, fallback: 'floor' });
    await refused('other', { ...FREE, fallback: 'middle' }, 'body.fallback', 'without a fallback of its own');
    await refused('floor', PRO, 'body.prices', 'middle, upper fall back');
    await publish('spare', FREE);
    await refused('floor', { ...FREE, fallback: 'spare' }, 'body.fallback', 'middle, upper fall back');
    expect(await api.call('DELETE', '/v1/plans/floor')).toMatchObject({ status: 409, body: { code: 'plan_in_use' } });
    expect(await resolve('upper')).toMatchObject({ terms: { paid: true, fallback: { plan: 'floor', version: 1 } } });
    expect(await versionsOf('floor')).toHaveLength(1);
    await api.call('DELETE', '/v1/plans/upper');
    await api.call('DELETE', '/v1/plans/middle');
    expect(await api.call('DELETE', '/v1/plans/floor')).toMatchObject({ status: 200 });
    await refused('upper', { ...PRO, fallback: 'floor' }, 'body.fallback', 'on sale');
  });

  test('gives a price of Stripe to one plan for ever, also when a later version no longer names it', async () => {
    const priced = (stripe: string) => ({ ...PRO, prices: [{ amount: '5', currency: 'eur', stripe_price: stripe }] });
    await publish('stripe-a', priced('price_a'));
    await publish('stripe-a', priced('price_b'));
    await publish('stripe-a', priced('price_a'));
    const answer = await api.put('/v1/plans/stripe-b', { ...priced('price_b'), publish: true });
    expect(answer).toMatchObject({
      status: 422,
      body: {
        errors: [{ location: 'body.prices[0].stripe_price', message: expect.stringContaining('stripe-a for ever') }],
      },
    });
    expect(await api.get('/v1/plans/stripe-b')).toMatchObject({ status: 404 });
  });

  test('bills prepaid units later, each once, by the meter that it names, and hands that on to whoever has the plan', async () => {
    expectStatus(200, await api.put('/v1/units/renders_later', { kind: 'allowance', scale: 0 }));
    const arrears = [{ unit: 'credits', meter: 'credits_overage' }];
    const refused: [arrears: object[], location: string, words: string][] = [
      [[], 'body.arrears', 'leave it out'],
      [[...arrears, ...arrears], 'body.arrears[1].unit', 'named twice'],
      [[{ unit: 'credits' }], 'body.arrears[0].meter', 'is required'],
      [[{ unit: 'credits', meter: 'm'.repeat(101) }], 'body.arrears[0].meter', '1 to 100 characters'],
      [[{ unit: 'renders_later', meter: 'overage' }], 'body.arrears[0].unit', 'of kind prepaid'],
      [[{ unit: 'unheard_of', meter: 'overage' }], 'body.arrears[0].unit', 'names no unit'],
    ];
    for (const [wrong, location, words] of refused) {
      const answer = await api.put('/v1/plans/later', { ...PRO, arrears: wrong, publish: true });
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request', errors: [{ location }] } });
      expect(answer.body.errors[0].message).toContain(words);
    }
    await publish('later', { ...PRO, arrears });
    expect(await resolve('later')).toMatchObject({ terms: { arrears } });
    expect((await api.get('/v1/plans/later')).body.definition.arrears).toEqual(arrears);
    // One without any says nothing of it, as those did that were published before there were any.
    await publish('not-later', PRO);
    expect((await api.get('/v1/plans/not-later')).body.definition).not.toHaveProperty('arrears');
  });

  test('names a rate card that is published, and hands it on to whoever has the plan', async () => {
    const card = {
      rounding: 'up',
      meters: { chat: { charges: [{ unit: 'credits', per: '1', prices: [{ rates: { input: '1' } }] }] } },
    };
    const plan = { ...FREE, rate_card: 'fast' };
    const refused = { status: 422, body: { errors: [{ location: 'body.rate_card' }] } };
    expect(await api.put('/v1/plans/carded', { ...plan, publish: true })).toMatchObject(refused);
    expectStatus(200, await api.put('/v1/rate-cards/fast', card));
    expect(await api.put('/v1/plans/carded', { ...plan, publish: true })).toMatchObject(refused);
    expectStatus(200, await api.put('/v1/rate-cards/fast', { ...card, publish: true }));
    await publish('carded', plan);
    expect(await resolve('carded')).toMatchObject({ terms: { rateCard: 'fast' } });
    expect(await resolve('bare')).toMatchObject({ terms: { rateCard: null } });
  });

  test('fixes the units of what is published, not of a draft', async () => {
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    const plan = { name: 'Images', limits: [{ unit: 'images', amount: '3', window: { every: 'lifetime' } }] };
    await saveDraft('images', plan);
    expect(await api.put('/v1/units/images', { kind: 'allowance', scale: 2 })).toMatchObject({ status: 200 });
    await publish('images', plan);
    expect(await api.put('/v1/units/images', { kind: 'allowance', scale: 0 })).toMatchObject({ status: 409 });
    expect(await resolve('images')).toMatchObject({ terms: { limits: [{ unit: 'images', amount: 300n, scale: 2 }] } });
  });

  test('leaves no trace of what was refused', async () => {
    await api.put('/v1/units/unfixed', { kind: 'allowance', scale: 1 });
    const body = { ...PRO, limits: [{ unit: 'unfixed', amount: '1', window: { every: 'day' } }], fallback: 'nowhere' };
    expect(await api.put('/v1/plans/refused', { ...body, publish: true })).toMatchObject({ status: 422 });
    expect(await api.get('/v1/plans/refused')).toMatchObject({ status: 404 });
    expect(await api.put('/v1/units/unfixed', { kind: 'allowance', scale: 2 })).toMatchObject({ status: 200 });
  });

  test('makes one version after the other of twenty that come at once through two replicas', async () => {
    const other = await Api.start(api);
    try {
      const asked = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? api : other).put('/v1/plans/race', { ...FREE, order: n, publish: true }),
      );
      const answers = await Promise.all(asked);
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
      expect(answers.map(({ body }) => body.version).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, n) => n + 1),
      );
      const newest = answers.find(({ body }) => body.version === 20)!.body.definition.order;
      for (const replica of [api, other]) {
        expect((await replica.get('/v1/plans/race')).body).toMatchObject({
          version: 20,
          definition: { order: newest },
        });
      }
    } finally {
      await other.stop();
    }
  });

  test('tells everybody who asks at once, without a key, the catalogue as it is', async () => {
    for (let round = 0; round < 5; round++) {
      await publish('moving', { ...FREE, public: true, order: round });
      const answers = await Promise.all(Array.from({ length: 50 }, () => api.get('/v1/plans/moving', { as: null })));
      expect(new Set(answers.map(({ body }) => body.definition.order))).toEqual(new Set([round]));
    }
  });

  test('has a most of versions of one plan, and a most of plans; neither stops what is there already', async () => {
    await publish('worn', FREE);
    await api.database.ownerPool.query(`
      INSERT INTO plan_versions (plan, version, definition, published_by)
      SELECT 'worn', version, '{"name": "Worn", "prices": []}', 'a test' FROM generate_series(2, 10000) version`);
    const another = await api.put('/v1/plans/worn', { ...FREE, publish: true });
    expect(another).toMatchObject({
      status: 409,
      body: { code: 'too_many_plans', detail: expect.stringContaining('10000') },
    });
    expect((await api.get('/v1/plans/worn')).body.version).toBe(10_000);
    await api.database.ownerPool.query(`
      INSERT INTO plans (id) SELECT 'many-' || n FROM generate_series(1, 1000 - (SELECT count(*)::int FROM plans)) n`);
    const plan = await api.put('/v1/plans/one-more', FREE);
    expect(plan).toMatchObject({
      status: 409,
      body: { code: 'too_many_plans', detail: expect.stringContaining('1000 plans') },
    });
    expect(await api.get('/v1/plans/one-more')).toMatchObject({ status: 404 });
    expect(await publish('many-1', FREE)).toMatchObject({ version: 1 });
  });

  async function resolve(plan: string) {
    const units = new UnitRegistry(api.database.appPool);
    return new PlanCatalogue(api.database.appPool, units).resolve(plan);
  }
});
