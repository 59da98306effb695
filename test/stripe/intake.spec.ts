import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Stripe } from 'stripe';
import { ShortenEvents } from '../../src/stripe/intake/shorten-events.js';
import type { Run } from '../../src/workers/recurring-job.js';
import { Api, type Json } from '../contract/api.js';
import { deliver, eventId, OTHER_SECRET, SECRET, snapshot, thin } from './signed.js';

const STRIPE = { STRIPE_WEBHOOK_SECRET: `${SECRET}, ${OTHER_SECRET}` };
const silent = pino({ level: 'silent' });

describe("Stripe's webhook", () => {
  let api: Api;
  let replica: Api;

  beforeAll(async () => {
    api = await Api.start(undefined, silent, STRIPE);
    replica = await Api.start(api, silent, STRIPE);
  });

  afterAll(async () => {
    await replica?.stop();
    await api?.stop();
  });

  const stored = async (id: string): Promise<Json[]> =>
    (await api.database.ownerPool.query('SELECT * FROM stripe_events WHERE id = $1', [id])).rows;
  const count = async (): Promise<number> =>
    (await api.database.ownerPool.query<{ n: number }>('SELECT count(*)::int AS n FROM stripe_events')).rows[0]!.n;

  test('keeps an event before it is answered, as it came and to be worked on', async () => {
    const id = eventId();
    const body = snapshot({ id, object: { id: 'pi_kept', object: 'payment_intent', description: '\u0000 ünï' } });
    const { status, body: answer } = await deliver(api, body);
    expect([status, answer]).toEqual([200, { received: 'stored' }]);
    const [row] = await stored(id);
    expect(row).toMatchObject({
      state: 'received',
      mode: 'live',
      subject_kind: 'payment',
      subject: 'pi_kept',
      attempts: 0,
    });
    const { rows } = await api.database.ownerPool.query('SELECT body::text FROM stripe_events WHERE id = $1', [id]);
    expect(rows).toEqual([{ body }]);
  });

  test('keeps of an event older than 30 days what working on it takes, and nothing else', async () => {
    const [old, young] = [eventId(), eventId()];
    for (const id of [old, young]) {
      const object = { id: 'pi_named', object: 'payment_intent', receipt_email: 'jane@example.com \u0000' };
      await deliver(api, snapshot({ id, object }));
    }
    const { ownerPool, appPool } = api.database;
    await ownerPool.query(`UPDATE stripe_events SET received_at = received_at - interval '31 days' WHERE id = $1`, [
      old,
    ]);
    await new ShortenEvents(appPool).run({ signal: AbortSignal.timeout(60_000) } as Run);
    const bodies = async (id: string) =>
      (await ownerPool.query<{ body: string }>('SELECT body::text FROM stripe_events WHERE id = $1', [id])).rows[0]!
        .body;
    expect(await bodies(young)).toContain('jane@example.com');
    expect(JSON.parse(await bodies(old))).toMatchObject({ id: old, data: { object: { id: 'pi_named' } } });
    expect(await bodies(old)).not.toContain('jane');
    const [row] = await stored(old);
    expect(row).toMatchObject({ subject_kind: 'payment', subject: 'pi_named' });
    await expect(appPool.query(`UPDATE stripe_events SET body = '{}' WHERE id = $1`, [young])).rejects.toThrow(
      'denied',
    );
  });

  test('keeps an event once, however often and wherever it is delivered at once', async () => {
    const body = snapshot({ id: 'evt_sixteen' });
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => deliver(i % 2 ? api : replica, body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ body: told }) => told.received === 'stored')).toHaveLength(1);
    expect(await stored('evt_sixteen')).toHaveLength(1);
  });

  test.each<[why: string, sent: Parameters<typeof deliver>[2]]>([
    ['signed by nobody', { header: null }],
    ['signed with another secret', { secret: 'whsec_of_somebody_else' }],
    ['whose signature is older than five minutes', { ago: 301 }],
    ['whose signature is nonsense', { header: 't=1,v1=00' }],
    ['whose signature has no time', { header: 'v1=00' }],
    ['whose signature is empty', { header: '' }],
  ])('refuses what is %s, and keeps nothing of it', async (_why, sent) => {
    const before = await count();
    const { status, body } = await deliver(api, snapshot(), sent);
    expect([status, body.code]).toEqual([400, 'stripe_signature_invalid']);
    expect(await count()).toBe(before);
  });

  test.each([-1, 253_402_300_800, 2 ** 53 - 1])(
    'refuses an event of the second %d, which is no time',
    async created => {
      const body = JSON.stringify({ ...JSON.parse(snapshot({ id: 'evt_of_no_time' })), created });
      const { status, body: answer } = await deliver(api, body);
      expect([status, answer.code]).toEqual([422, 'invalid_request']);
      expect(await stored('evt_of_no_time')).toEqual([]);
    },
  );

  test('refuses a body that was changed after it was signed', async () => {
    const body = snapshot({ id: 'evt_changed' });
    const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: SECRET });
    const { status } = await deliver(api, body.replace('pi_1', 'pi_2'), { header });
    expect(status).toBe(400);
    expect(await stored('evt_changed')).toEqual([]);
  });

  test('takes what any of the secrets signed, while they are rotated', async () => {
    const secrets = Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? SECRET : OTHER_SECRET));
    const answers = await Promise.all(secrets.map(secret => deliver(api, snapshot(), { secret })));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test('accepts none of five thousand that were forged or are sent again too late', async () => {
    const before = await count();
    const body = snapshot();
    for (let sent = 0; sent < 5_000; sent += 250) {
      const answers = await Promise.all(
        Array.from({ length: 250 }, (_, i) =>
          deliver(i % 2 ? api : replica, body, i % 3 === 0 ? { ago: 400 + i } : { secret: `whsec_guess_${sent + i}` }),
        ),
      );
      expect(answers.filter(({ status }) => status !== 400)).toEqual([]);
    }
    expect(await count()).toBe(before);
  });

  test('refuses what is larger than 1 MiB, and takes what is just below', async () => {
    const filled = (length: number) => snapshot({ object: { id: 'pi_large', note: 'x'.repeat(length) } });
    const before = await count();
    const large = await deliver(api, filled(1024 * 1024));
    expect([large.status, large.body.code]).toEqual([413, 'payload_too_large']);
    expect(await count()).toBe(before);
    expect((await deliver(api, filled(1023 * 1024))).status).toBe(200);
  });

  test('refuses what is signed and no event', async () => {
    for (const body of ['{}', '[]', 'null', '{"id":"evt_1"}', 'not JSON', '']) {
      const { status, body: problem } = await deliver(api, body);
      expect([status, problem.code]).toEqual([422, 'invalid_request']);
    }
  });

  test('keeps an event of a type nothing is done about, and says so', async () => {
    const id = eventId();
    expect((await deliver(api, snapshot({ id, type: 'customer.created' }))).status).toBe(200);
    expect(await stored(id)).toMatchObject([
      { state: 'ignored', outcome: 'nothing is done about customer.created', subject: null, next_attempt_at: null },
    ]);
  });

  test('keeps thin events with the object they name', async () => {
    const body = thin('v1.payment_intent.succeeded', { id: 'pi_thin', type: 'payment_intent' });
    expect((await deliver(api, body)).status).toBe(200);
    expect(await stored(JSON.parse(body).id)).toMatchObject([
      { state: 'received', subject_kind: 'payment', subject: 'pi_thin', stripe_account: null },
    ]);
  });

  test('keeps what is about connected accounts, whose owners decide what stands there, and does nothing about it', async () => {
    const related = { id: 'pi_thin', type: 'payment_intent' };
    const body = thin('v1.payment_intent.succeeded', related, { context: 'org_1/acct_2' });
    const id = eventId();
    await deliver(api, body);
    await deliver(api, snapshot({ id, account: 'acct_1' }));
    const ignored = { state: 'ignored', outcome: 'it is about a connected account' };
    expect(await stored(JSON.parse(body).id)).toMatchObject([{ ...ignored, stripe_account: 'acct_2' }]);
    expect(await stored(id)).toMatchObject([{ ...ignored, stripe_account: 'acct_1' }]);
  });

  test('keeps test and live apart: no key sees the events of the other mode', async () => {
    const [live, testing] = [eventId(), eventId()];
    await deliver(api, snapshot({ id: live }));
    await deliver(api, snapshot({ id: testing, livemode: false }));
    const key = await api.makeKey({ mode: 'test', scopes: ['ops'] });
    expect((await api.get(`/v1/ops/stripe/events/${live}`)).status).toBe(200);
    expect((await api.get(`/v1/ops/stripe/events/${testing}`)).body.code).toBe('stripe_event_not_found');
    expect((await api.get(`/v1/ops/stripe/events/${testing}`, { as: key })).body.mode).toBe('test');
    expect((await api.get(`/v1/ops/stripe/events/${live}`, { as: key })).status).toBe(404);
    const { body: listed } = await api.get('/v1/ops/stripe/events?limit=100', { as: key });
    expect(listed.data.map(({ id }: Json) => id)).toEqual([testing]);
  });

  test('lists newest first, by state and by object, a page after the other', async () => {
    const ids = [eventId(), eventId(), eventId()];
    for (const id of ids) await deliver(api, snapshot({ id, object: { id: 'pi_listed' } }));
    const path = '/v1/ops/stripe/events?subject=pi_listed&state=received&limit=2';
    const { body: first } = await api.get(path);
    const { body: second } = await api.get(`${path}&after=${first.next_cursor}`);
    expect([...first.data, ...second.data].map(({ id }: Json) => id)).toEqual(ids.toReversed());
    expect([first.has_more, second.has_more]).toEqual([true, false]);
    expect((await api.get('/v1/ops/stripe/events?state=lost')).body.errors[0].location).toBe('query.state');
    expect((await api.get('/v1/ops/stripe/events?after=x')).body.errors[0].location).toBe('query.after');
  });

  test('a replay is on record, sets the event back, and refuses one that is not there', async () => {
    const id = eventId();
    await deliver(api, snapshot({ id }));
    await api.database.ownerPool.query(
      `UPDATE stripe_events SET state = 'dead', next_attempt_at = NULL, attempts = 22, last_error = 'why' WHERE id = $1`,
      [id],
    );
    const order = { events: [id], dry_run: false, reason: 'ticket 311' };
    expect((await api.post('/v1/ops/stripe/events/replay', order)).body).toEqual({
      dry_run: false,
      events: [{ id, result: 'is worked on again' }],
    });
    expect(await stored(id)).toMatchObject([{ state: 'received', attempts: 0, last_error: null }]);
    const { rows } = await api.database.ownerPool.query(
      `SELECT arguments, reason FROM ops_runs WHERE action = 'stripe.replay'`,
    );
    expect(rows).toEqual([{ arguments: { events: [id] }, reason: 'ticket 311' }]);
    const unknown = await api.post('/v1/ops/stripe/events/replay', { ...order, events: [id, 'evt_unknown'] });
    expect(unknown.body.code).toBe('stripe_event_not_found');
    expect((await api.post('/v1/ops/stripe/events/replay', { ...order, reason: ' ' })).status).toBe(422);
  });

  test('what was told never changes, for the service either', async () => {
    const change = api.database.appPool.query(`UPDATE stripe_events SET body = '{}'`);
    await expect(change).rejects.toThrow(/permission denied/);
    await expect(api.database.appPool.query('DELETE FROM stripe_events')).rejects.toThrow(/permission denied/);
  });
});

describe('a service without keys of Stripe', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start(undefined, silent);
  });
  afterAll(() => api?.stop());

  test('refuses the webhook in words, so that Stripe sends it again later', async () => {
    const { status, body } = await deliver(api, snapshot());
    expect([status, body.code]).toEqual([409, 'stripe_not_configured']);
    expect(body.detail).toBe('this service has no STRIPE_WEBHOOK_SECRET');
  });

  test('refuses top-ups in words, keeps nothing of them, and does everything else', async () => {
    const terms = { name: 'Starter', amount: '100', price: { amount: '10', currency: 'usd' } };
    expect((await api.put('/v1/packs/starter', terms)).status).toBe(200);
    const request = { pack: 'starter', success_url: 'https://example.com/a', cancel_url: 'https://example.com/b' };
    const { status, body } = await api.post('/v1/accounts/user_1/top-ups', request);
    expect([status, body.code]).toEqual([409, 'stripe_not_configured']);
    expect(body.detail).toContain('no STRIPE_SECRET_KEY');
    expect((await api.database.ownerPool.query('SELECT FROM top_ups')).rowCount).toBe(0);
    await api.grant('user_1', '5');
  });
});
