import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf } from './api.js';

describe('limits of a request', () => {
  let api: Api;
  const account = pathOf('limits');

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    await api.put('/v1/units/nano', { kind: 'prepaid', scale: 9 });
    await api.grant('limits', '1000');
  });

  afterAll(() => api.stop());

  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
  const lines = (count: number) => Array.from({ length: count }, (_, i) => ({ unit: `u${i}`, amount: '1' }));

  test.each([
    ['50 members of metadata', { metadata: members(50) }],
    ['a key of 40 characters', { metadata: { ['😀'.repeat(40)]: '' } }],
    ['a value of 500 characters', { metadata: { k: '😀'.repeat(500) } }],
    ['a reason of 255 characters', { reason: '😀'.repeat(255) }],
    ['a reference of 255 characters', { reference: 'r'.repeat(255) }],
    ['priority 0', { priority: 0 }],
    ['priority 100', { priority: 100 }],
    ['a cost with decimals', { cost: { amount: '0.123456789', currency: 'eur' } }],
    ['a condition of 100 meters', { applies_to: { meters: Array.from({ length: 100 }, (_, i) => `m${i}`) } }],
    ['no condition at all', { applies_to: {} }],
    ['the name constructor', { metadata: { constructor: 'x', toString: 'y' } }],
  ])('%s are taken', async (_, more) => {
    const granted = await api.grant('limits', '1', more);
    if ('metadata' in more) expect(granted.entries[0].metadata).toEqual(more.metadata);
  });

  test.each<[string, object, string]>([
    ['51 members of metadata', { metadata: members(51) }, 'body.metadata'],
    ['a key of 41 characters', { metadata: { ['k'.repeat(41)]: 'v' } }, `body.metadata.${'k'.repeat(41)}`],
    ['an empty key', { metadata: { '': 'v' } }, 'body.metadata.'],
    ['a value of 501 characters', { metadata: { k: 'v'.repeat(501) } }, 'body.metadata.k'],
    ['a value that is no string', { metadata: { k: 1 } }, 'body.metadata.k'],
    ['metadata that is a list', { metadata: [] }, 'body.metadata'],
    ['a reason of 256 characters', { reason: 'r'.repeat(256) }, 'body.reason'],
    ['a reason with U+0000', { reason: 'a\0b' }, 'body.reason'],
    ['a reference of 256 characters', { reference: 'r'.repeat(256) }, 'body.reference'],
    ['an empty reference', { reference: '' }, 'body.reference'],
    ['priority 101', { priority: 101 }, 'body.priority'],
    ['priority -1', { priority: -1 }, 'body.priority'],
    ['priority 1.5', { priority: 1.5 }, 'body.priority'],
    ['an unknown category', { category: 'free' }, 'body.category'],
    ['a time without a zone', { expires_at: '2099-01-01T00:00:00' }, 'body.expires_at'],
    ['a time beyond the year 9999', { expires_at: '9999-12-31T23:59:59-00:01' }, 'body.expires_at'],
    ['a day that is none', { expires_at: '2099-02-29T00:00:00Z' }, 'body.expires_at'],
    ['a negative cost', { cost: { amount: '-1', currency: 'EUR' } }, 'body.cost.amount'],
    ['a cost without a currency', { cost: { amount: '1' } }, 'body.cost.currency'],
    ['an empty list of meters', { applies_to: { meters: [] } }, 'body.applies_to.meters'],
    ['an unknown condition', { applies_to: { users: ['x'] } }, 'body.applies_to.users'],
    ['an unknown field', { amonut: '1' }, 'body.amonut'],
    ['null where a value is meant', { reason: null }, 'body.reason'],
  ])('%s is refused, and where it stands is said', async (_, more, location) => {
    const answer = await api.post(`${account}/grants`, { amount: '1', ...more });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request', errors: [{ location }] } });
  });

  test.each([
    ['ttl_seconds', 0],
    ['ttl_seconds', 86_401],
    ['grace_seconds', -1],
    ['grace_seconds', 61],
    ['overage', 'sometimes'],
    ['late', 'maybe'],
    ['member', ''],
    ['lines', []],
    ['unit', 5],
  ])('a reservation with %s %s is refused', async (field, value) => {
    const answer = await api.post(`${account}/reservations`, { amount: '1', [field]: value });
    expect(answer).toMatchObject({ status: 422, body: { errors: expect.anything() } });
    const locations = answer.body.errors.map(({ location }: { location: string }) => location);
    expect(locations).toContain(`body.${field}`);
  });

  test.each([
    ['ttl_seconds', 1],
    ['ttl_seconds', 86_400],
    ['grace_seconds', 0],
    ['grace_seconds', 60],
  ])('a reservation with %s %s is taken', async (field, value) => {
    await api.reserve('limits', '1', { [field]: value });
  });

  test('amount and lines exclude each other, and one of them is needed', async () => {
    const bodies = [{}, { amount: '1', lines: [{ unit: 'credits', amount: '1' }] }, { unit: 'credits' }];
    for (const body of bodies) {
      for (const call of ['reservations', 'charges', 'check']) {
        expect((await api.post(`${account}/${call}`, body)).status).toBe(422);
      }
    }
  });

  test('21 lines are too many, a unit twice is one too many', async () => {
    const many = await api.post(`${account}/reservations`, { lines: lines(21) });
    expect(many).toMatchObject({ status: 422, body: { errors: [{ location: 'body.lines' }] } });
    expect((await api.post(`${account}/reservations`, { lines: lines(20) })).body.code).toBe('unit_not_found');
    const twice = [lines(2)[0], lines(2)[1], lines(1)[0]];
    const answer = await api.post(`${account}/reservations`, { lines: twice });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ location: 'body.lines[2].unit' }] } });
  });

  test('a list that names nothing is refused: it is no way to say nothing, or everything', async () => {
    const { reservation } = await api.reserve('limits', '1');
    for (const [path, body, location] of [
      [`${account}/reservations`, { lines: [] }, 'body.lines'],
      [`${account}/check`, { lines: [] }, 'body.lines'],
      [`${account}/charges`, { lines: [] }, 'body.lines'],
      [`/v1/reservations/${reservation.id}/commit`, { lines: [] }, 'body.lines'],
      [`${account}/grants`, { amount: '1', applies_to: { models: [] } }, 'body.applies_to.models'],
      ['/v1/batch', { commands: [] }, 'body.commands'],
      ['/v1/keys', { name: 'nothing', mode: 'live', scopes: [] }, 'body.scopes'],
    ] as const) {
      const answer = await api.post(path, body);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ location, message: 'must not be empty' }] } });
    }
    expect((await api.get(`/v1/reservations/${reservation.id}`)).body.status).toBe('open');
  });

  test('an extend that extends nothing is refused', async () => {
    const { reservation } = await api.reserve('limits', '1');
    for (const body of [{}, { unit: 'credits' }]) {
      expect((await api.post(`/v1/reservations/${reservation.id}/extend`, body)).status).toBe(422);
    }
  });

  test.each([
    '"0"',
    '"-1"',
    '"+1"',
    '"01"',
    '"1."',
    '".1"',
    '"1,5"',
    '" 1"',
    '"1e3"',
    '"0x10"',
    '"NaN"',
    '"Infinity"',
    '"１"',
    '""',
    '"1.0000000"',
    '"0.0000001"',
    '0',
    '-1',
    '-0',
    '1.0',
    '1.5',
    '1e3',
    '1e400',
    '9007199254740992',
    '9007199254740993',
    'true',
    'null',
    '[]',
    '{}',
    '["1"]',
  ])('the amount %s is refused', async amount => {
    for (const call of ['grants', 'reservations', 'charges', 'check']) {
      const answer = await api.post(`${account}/${call}`, `{"amount":${amount}}`);
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
      expect(answer.body.errors[0].location).toBe('body.amount');
    }
  });

  test.each([
    ['credits', '0.000001', '0.000001'],
    ['credits', '1.500000', '1.5'],
    ['credits', '12345678.654321', '12345678.654321'],
    ['images', '9007199254740993', '9007199254740993'],
    ['images', 9007199254740991, '9007199254740991'],
    ['nano', '9223372036.854775807', '9223372036.854775807'],
  ])('in %s the amount %s comes back as %s', async (unit, amount, shown) => {
    const name = `exact-${unit}-${amount}`;
    expect((await api.grant(name, amount as string, { unit })).lot.remaining).toBe(shown);
    const { body } = await api.get(pathOf(name));
    expect(body.balances[unit].available).toBe(shown);
  });

  test('a unit has digits of its own', async () => {
    expect((await api.post(`${account}/grants`, { amount: '1.0', unit: 'images' })).status).toBe(422);
    expect((await api.post(`${account}/grants`, { amount: '0.0000000001', unit: 'nano' })).status).toBe(422);
    await api.grant('limits', '0.000000001', { unit: 'nano' });
  });

  test('a bare amount has the digits of what it is about, on every replica', async () => {
    const other = await Api.start(api);
    await api.grant('bare', '10', { unit: 'images' });
    for (const replica of [api, other]) {
      const { reservation } = await api.reserve('bare', '3', { unit: 'images' });
      const path = `/v1/reservations/${reservation.id}`;
      expect((await replica.post(`${path}/extend`, { add_amount: '0.5' })).status).toBe(422);
      expect((await replica.post(`${path}/commit`, { amount: '1.5' })).status).toBe(422);
      expect((await replica.post(`${path}/commit`, { amount: '2' })).body.balances.images.held).toBe('0');
      expect((await replica.post(`${path}/refund`, { amount: '0.5' })).status).toBe(422);
      expect((await replica.post(`${path}/refund`, { amount: '2' })).status).toBe(201);
    }
    const { entries } = (await api.post(`${pathOf('bare')}/charges`, { amount: '2', unit: 'images' })).body;
    expect((await other.post(`/v1/entries/${entries[0].id}/refund`, { amount: '0.5' })).status).toBe(422);
    const { lot } = await api.grant('bare', '2', { unit: 'images' });
    expect((await other.post(`/v1/lots/${lot.id}/revoke`, { amount: '0.5' })).status).toBe(422);
    expect((await other.post(`/v1/lots/${lot.id}/revoke`, { amount: '1' })).status).toBe(200);
    await other.stop();
  });
});

describe('units', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  test('credits exists from the start, with six digits', async () => {
    const { body } = await api.get('/v1/units');
    expect(body.data).toEqual([{ unit: 'credits', kind: 'prepaid', scale: 6, in_use: false }]);
  });

  test('may be defined anew on any replica until the first credits are granted', async () => {
    const other = await Api.start(api);
    for (const [replica, scale] of [
      [api, 2],
      [other, 0],
      [api, 3],
    ] as const) {
      const { body } = await replica.put('/v1/units/gems', { kind: 'prepaid', scale });
      expect(body).toEqual({ unit: 'gems', kind: 'prepaid', scale, in_use: false });
    }
    expect((await other.post(`${pathOf('g')}/grants`, { amount: '0.125', unit: 'gems' })).status).toBe(201);
    expect((await api.put('/v1/units/gems', { kind: 'prepaid', scale: 2 })).body.code).toBe('unit_in_use');
    expect((await api.get(pathOf('g'))).body.balances.gems.available).toBe('0.125');
    await other.stop();
  });

  test('a refused spend leaves a unit that nobody uses as it was: to be defined anew', async () => {
    await api.put('/v1/units/untouched', { kind: 'prepaid', scale: 1 });
    await api.grant('untouching', '5');
    const account = pathOf('untouching');
    const short = [{ unit: 'untouched', required: '0.5', available: '0', held: '0', open_reservations: 0 }];
    for (const [call, more] of [
      ['reservations', {}],
      ['charges', {}],
      ['charges', { overage: 'allow_debt' }],
    ] as const) {
      const answer = await api.post(`${account}/${call}`, { amount: '0.5', unit: 'untouched', ...more });
      expect(answer).toMatchObject({ status: 402, body: { code: 'insufficient_credits', shortfall: short } });
    }
    const checked = await api.post(`${account}/check`, { amount: '0.5', unit: 'untouched' });
    expect(checked.body).toMatchObject({ allowed: false, shortfall: short });
    const { body } = await api.put('/v1/units/untouched', { kind: 'prepaid', scale: 3 });
    expect(body).toEqual({ unit: 'untouched', kind: 'prepaid', scale: 3, in_use: false });
    expect((await api.post(`${account}/charges`, { amount: '0.125', unit: 'untouched' })).status).toBe(402);
  });

  test('what a batch grants in a unit of its own can be spent by the commands behind it', async () => {
    await api.put('/v1/units/fresh', { kind: 'prepaid', scale: 2 });
    const command = { account: 'fresh', unit: 'fresh', amount: '1.25' };
    const { body } = await api.post('/v1/batch', {
      commands: ['grant', 'reserve', 'charge'].map(type => ({ ...command, id: type, type, idempotency_key: type })),
    });
    expect(body.results.map(({ status }: { status: number }) => status)).toEqual([201, 201, 402]);
    expect(body.results[1].body.reservation.lines).toMatchObject([{ unit: 'fresh', reserved: '1.25' }]);
  });

  test('a unit defined anew while it is first used scales no amount wrongly', async () => {
    const other = await Api.start(api);
    const ROUNDS = 30;
    let granted = 0;
    // Until a grant has come through: mostly the definitions do.
    for (let round = 0; round < ROUNDS || granted === 0; round++) {
      const unit = `contested-${round}`;
      await api.put(`/v1/units/${unit}`, { kind: 'prepaid', scale: round % 3 });
      const account = pathOf(unit);
      const define = (replica: Api, scale: number) => replica.put(`/v1/units/${unit}`, { kind: 'prepaid', scale });
      const spend = { amount: '1', unit };
      const calls = [
        () => define(other, (round + 1) % 3),
        () => api.post(`${account}/reservations`, spend),
        () => api.post(`${account}/grants`, { amount: '7', unit }),
        () => other.post(`${account}/charges`, spend),
        () => define(api, (round + 2) % 3),
        () => other.post(`${account}/reservations`, spend),
      ];
      // Each of them is the first in some rounds.
      const first = round % calls.length;
      await Promise.all([...calls.slice(first), ...calls.slice(0, first)].map(call => call()));
      await api.post(`${account}/reservations`, spend);
      const { body: page } = await api.get(`${account}/entries?limit=100`);
      for (const { type, amount } of page.data) {
        expect(amount).toBe(type === 'grant' ? '7' : '1');
        if (type === 'grant') granted++;
      }
    }
    const { rows } = await api.database.ownerPool.query(
      `SELECT count(*)::int AS entries, count(*) FILTER (WHERE e.type <> 'grant')::int AS spends,
              count(*) FILTER (WHERE e.amount <> (CASE e.type WHEN 'grant' THEN 7 ELSE 1 END) * 10 ^ u.scale)::int AS wrong
       FROM entries e JOIN units u USING (unit) WHERE unit LIKE 'contested-%'`,
    );
    expect(rows[0]).toMatchObject({ wrong: 0 });
    // The rounds must have met what they are about.
    expect(rows[0].entries - rows[0].spends).toBeGreaterThan(0);
    expect(rows[0].spends).toBeGreaterThan(0);
    await other.stop();
  });

  test('an overdraft limit fixes its unit too, and is read on every replica', async () => {
    const other = await Api.start(api);
    await api.put('/v1/units/debts', { kind: 'prepaid', scale: 1 });
    expect((await other.put(pathOf('d'), { overdraft_limits: { debts: '2.5' } })).status).toBe(200);
    expect((await api.get(pathOf('d'))).body.overdraft_limits).toEqual({ debts: '2.5' });
    expect((await api.put('/v1/units/debts', { kind: 'prepaid', scale: 2 })).status).toBe(409);
    await other.stop();
  });

  test.each(['', '.hidden', '-x', 'with%20space', '__proto__', 'ü', 'x'.repeat(65), 'a%2Fb'])(
    'the name %s is refused',
    async name => {
      const answer = await api.put(`/v1/units/${name}`, { kind: 'prepaid', scale: 2 });
      expect(answer.status).toBe(name === '' ? 404 : 422);
    },
  );

  test.each([
    { kind: 'x', scale: 2 },
    { kind: 'prepaid' },
    { scale: 1 },
    { kind: 'prepaid', scale: 10 },
    { kind: 'prepaid', scale: -1 },
  ])('%j is refused', async body => {
    expect((await api.put('/v1/units/bad', body)).status).toBe(422);
  });
});
