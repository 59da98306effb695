import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { ERROR_TABLE } from '../../src/transport/error-table.js';
import { CONTROLLERS } from '../../src/transport/http/controllers.js';
import { callsOf } from '../../src/transport/http/openapi/calls-of.js';
import { eventually } from '../support/data-dir.js';
import { Api, pathOf, type Answer } from './api.js';

/** Well formed, and nobody's. */
const STRANGER = 'AAAAAAAAAAAAAAAAAAAAAA';

describe('refusals', () => {
  let api: Api;
  const seen = new Set<string>();

  function refused(answer: Answer, code: keyof typeof ERROR_TABLE, more: object = {}): void {
    seen.add(code);
    expect(answer).toMatchObject({ status: ERROR_TABLE[code].http, body: { code, ...more } });
  }

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
  });

  afterAll(() => api.stop());

  describe('of what is not there', () => {
    test.each(['commit', 'release', 'extend', 'refund'])('a %s of an unknown reservation', async call => {
      const body = call === 'extend' ? { ttl_seconds: 5 } : {};
      for (const id of [`res_${STRANGER}`, 'res_short', 'nonsense', `lot_${STRANGER}`, 'res_%00', 'res_%F0%9F%98%80']) {
        refused(await api.post(`/v1/reservations/${id}/${call}`, body), 'reservation_not_found');
      }
    });

    test('a commit with an amount of an unknown reservation', async () => {
      refused(await api.post(`/v1/reservations/res_${STRANGER}/commit`, { amount: '1' }), 'reservation_not_found');
    });

    test('an unknown reservation, lot, entry, key', async () => {
      refused(await api.get(`/v1/reservations/res_${STRANGER}`), 'reservation_not_found');
      refused(await api.post(`/v1/lots/lot_${STRANGER}/revoke`, {}), 'lot_not_found');
      refused(await api.post(`/v1/lots/lot_${STRANGER}/revoke`, { amount: '1' }), 'lot_not_found');
      refused(await api.post(`/v1/entries/ent_${STRANGER}/refund`, {}), 'entry_not_found');
      refused(await api.post(`/v1/entries/ent_${STRANGER}/refund`, { amount: '1' }), 'entry_not_found');
      refused(await api.call('DELETE', `/v1/keys/key_${STRANGER}`), 'key_not_found');
      refused(await api.call('DELETE', '/v1/keys/%00'), 'key_not_found');
    });

    test("an id of one kind where another kind's is meant", async () => {
      const { lot, entries } = await api.grant('kinds', '1');
      refused(await api.post(`/v1/lots/${entries[0].id}/revoke`, {}), 'lot_not_found');
      refused(await api.post(`/v1/entries/${lot.id}/refund`, {}), 'entry_not_found');
      refused(await api.get(`/v1/reservations/${entries[0].id.replace('ent_', 'res_')}`), 'reservation_not_found');
    });

    test('a refund of an entry that is no commit', async () => {
      const { entries } = await api.grant('no-commit', '1');
      refused(await api.post(`/v1/entries/${entries[0].id}/refund`, {}), 'entry_not_found');
    });

    test('an unknown unit, wherever one is named', async () => {
      const account = pathOf('unknown-unit');
      const line = { unit: 'nope', amount: '1' };
      const { reservation } = (await api.grant('unknown-unit', '5')) && (await api.reserve('unknown-unit', '1'));
      refused(await api.post(`${account}/grants`, line), 'unit_not_found');
      refused(await api.post(`${account}/reservations`, line), 'unit_not_found');
      refused(await api.post(`${account}/reservations`, { lines: [line] }), 'unit_not_found');
      refused(await api.post(`${account}/charges`, line), 'unit_not_found');
      refused(await api.post(`${account}/check`, line), 'unit_not_found');
      refused(await api.post(`/v1/reservations/${reservation.id}/commit`, { lines: [line] }), 'unit_not_found');
      refused(await api.put(account, { overdraft_limits: { nope: '1' } }), 'unit_not_found');
      refused(await api.get(`${account}/balance?unit=nope`), 'unit_not_found');
      refused(await api.get(`${account}/entries?unit=nope`), 'unit_not_found');
      refused(await api.get(`${account}/lots?unit=no%20unit`), 'unit_not_found');
    });

    test('an unknown path, an unknown method', async () => {
      refused(await api.get('/v1/nothing'), 'not_found');
      refused(await api.get('/'), 'not_found');
      refused(await api.call('PATCH', pathOf('a')), 'not_found');
      refused(await api.post('/v1/accounts//grants', { amount: '1' }), 'not_found');
    });
  });

  describe('of what the account cannot do', () => {
    test('a shortfall says whether credits are missing or only held by others', async () => {
      await api.grant('short', '10');
      const next = await api.reserve('short', '4', { ttl_seconds: 60, grace_seconds: 10 });
      const { reservation } = await api.reserve('short', '3', { ttl_seconds: 600 });
      const short = { unit: 'credits', required: '4', available: '3', held: '7', open_reservations: 2 };
      const answer = await api.post(`${pathOf('short')}/reservations`, { amount: '4' });
      refused(answer, 'insufficient_credits', { retryable: true, shortfall: [short] });
      const releasedAt = Date.parse(next.reservation.expires_at) + 10_000;
      expect(Date.parse(answer.body.shortfall[0].next_release_at)).toBe(releasedAt);
      refused(await api.post(`${pathOf('short')}/reservations`, { amount: '11' }), 'insufficient_credits', {
        retryable: false,
      });
      refused(await api.post(`${pathOf('short')}/charges`, { amount: '4' }), 'insufficient_credits');
      refused(await api.post(`/v1/reservations/${reservation.id}/extend`, { add_amount: '4' }), 'insufficient_credits');
    });

    test('every short line is named, of several', async () => {
      await api.grant('short-lines', '10');
      const lines = [
        { unit: 'credits', amount: '11' },
        { unit: 'images', amount: '1' },
      ];
      const answer = await api.post(`${pathOf('short-lines')}/reservations`, { lines });
      refused(answer, 'insufficient_credits');
      expect(answer.body.shortfall.map(({ unit }: { unit: string }) => unit)).toEqual(['credits', 'images']);
    });

    test('an excess that is not covered leaves the hold open, and shows it', async () => {
      await api.grant('excess', '10');
      const { reservation } = await api.reserve('excess', '8');
      const answer = await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '11' });
      refused(answer, 'insufficient_credits', {
        shortfall: [{ unit: 'credits', required: '3', available: '2' }],
        reservation: { id: reservation.id, status: 'open' },
      });
      expect((await api.get(`/v1/reservations/${reservation.id}`)).body.status).toBe('open');
    });

    test('more than reserved under the policy reject', async () => {
      await api.grant('strict', '10');
      const { reservation } = await api.reserve('strict', '2', { overage: 'reject' });
      const answer = await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '3' });
      refused(answer, 'commit_exceeds_reservation', { reservation: { status: 'open' } });
    });

    test('a closed reservation, committed or released again with a new key', async () => {
      await api.grant('closed', '10');
      const { reservation } = await api.reserve('closed', '2');
      await api.post(`/v1/reservations/${reservation.id}/commit`, {});
      for (const [call, body] of [
        ['commit', {}],
        ['release', {}],
        ['extend', { ttl_seconds: 5 }],
      ] as const) {
        refused(await api.post(`/v1/reservations/${reservation.id}/${call}`, body), 'reservation_closed');
      }
    });

    test('an expired reservation, unless late commits are charged', async () => {
      await api.grant('expired', '10');
      const late = await api.reserve('expired', '2', { ttl_seconds: 1, grace_seconds: 0 });
      const charged = await api.reserve('expired', '2', { ttl_seconds: 1, grace_seconds: 0, late: 'charge' });
      await sleep(1_300);
      const path = `/v1/reservations/${late.reservation.id}`;
      for (const [call, body] of [
        ['commit', {}],
        ['release', {}],
        ['extend', { ttl_seconds: 5 }],
      ] as const) {
        refused(await api.post(`${path}/${call}`, body), 'reservation_expired');
      }
      expect((await api.get(path)).body).toMatchObject({ status: 'expired', lines: [{ released: '2' }] });
      const commit = await api.post(`/v1/reservations/${charged.reservation.id}/commit`, { amount: '1.5' });
      expect(commit).toMatchObject({ status: 200, body: { reservation: { status: 'closed' } } });
      expect(commit.body.balances.credits).toMatchObject({ available: '8.5', held: '0', spent: '1.5' });
    });

    test('a refund of more than was committed, or of nothing', async () => {
      await api.grant('refunding', '10');
      const { reservation } = await api.reserve('refunding', '4');
      const path = `/v1/reservations/${reservation.id}`;
      refused(await api.post(`${path}/refund`, {}), 'refund_exceeds_commit');
      await api.post(`${path}/commit`, { amount: '3' });
      refused(await api.post(`${path}/refund`, { amount: '3.000001' }), 'refund_exceeds_commit');
      await api.post(`${path}/refund`, {});
      refused(await api.post(`${path}/refund`, {}), 'refund_exceeds_commit');
    });

    test('a revoke of more than was granted', async () => {
      const { lot } = await api.grant('revoking', '4');
      refused(await api.post(`/v1/lots/${lot.id}/revoke`, { amount: '5' }), 'revoke_exceeds_grant');
    });

    test('a unit in use is never defined anew', async () => {
      await api.put('/v1/units/fixed', { kind: 'prepaid', scale: 2 });
      await api.grant('fixing', '1.25', { unit: 'fixed' });
      refused(await api.put('/v1/units/fixed', { kind: 'prepaid', scale: 3 }), 'unit_in_use');
      refused(await api.put('/v1/units/fixed', { kind: 'allowance', scale: 2 }), 'unit_in_use');
      expect(await api.put('/v1/units/fixed', { kind: 'prepaid', scale: 2 })).toMatchObject({
        status: 200,
        body: { unit: 'fixed', in_use: true },
      });
    });

    test('an amount or a sum beyond 2^63-1 base units', async () => {
      const most = '9223372036854.775807';
      await api.grant('rich', most);
      refused(await api.post(`${pathOf('rich')}/grants`, { amount: '0.000001' }), 'amount_too_large');
      refused(await api.post(`${pathOf('rich')}/grants`, { amount: '9223372036854.775808' }), 'amount_too_large');
      refused(await api.post(`${pathOf('rich')}/grants`, { amount: '9'.repeat(5000) }), 'amount_too_large');
      expect((await api.reserve('rich', most)).balances.credits).toMatchObject({ available: '0', held: most });
    });

    test('lines that do not fit the reservation', async () => {
      await api.grant('mixed', '10');
      await api.grant('mixed', '3', { unit: 'images' });
      const lines = [
        { unit: 'credits', amount: '2' },
        { unit: 'images', amount: '2' },
      ];
      const { body } = await api.post(`${pathOf('mixed')}/reservations`, { lines });
      const path = `/v1/reservations/${body.reservation.id}`;
      refused(await api.post(`${path}/commit`, { amount: '1' }), 'invalid_request');
      refused(await api.post(`${path}/extend`, { add_amount: '1' }), 'invalid_request');
      refused(await api.post(`${path}/refund`, { amount: '1' }), 'invalid_request');
      const single = await api.reserve('mixed', '1');
      const other = { lines: [{ unit: 'images', amount: '1' }] };
      refused(await api.post(`/v1/reservations/${single.reservation.id}/commit`, other), 'invalid_request');
    });

    test('a grant that is over already', async () => {
      const answer = await api.post(`${pathOf('over')}/grants`, { amount: '1', expires_at: '2020-01-01T00:00:00Z' });
      refused(answer, 'invalid_request');
      expect((await api.get(pathOf('over'))).body).toMatchObject({ seq: 0, created_at: null });
    });

    test('a balance as of a moment to come', async () => {
      refused(await api.get(`${pathOf('a')}/balance?as_of=2999-01-01T00:00:00Z`), 'invalid_request', {
        errors: [{ location: 'query.as_of' }],
      });
    });
  });

  describe('of how it was sent', () => {
    test('a body that is not JSON, or not strict', async () => {
      const bodies = ['', ' ', '{', '{"amount":"1",}', '{"amount":"1","amount":"2"}', '[1', '\u00ff', '{}{}'];
      for (const body of bodies.slice(1)) refused(await api.post(`${pathOf('json')}/grants`, body), 'invalid_json');
      const raw = Buffer.from([0x7b, 0xff, 0x7d]);
      refused(await api.post(`${pathOf('json')}/grants`, raw), 'invalid_json');
      refused(await api.post(`${pathOf('json')}/grants`, '['.repeat(40) + ']'.repeat(40)), 'invalid_json');
      refused(await api.post(`${pathOf('json')}/grants`, bodies[0]), 'invalid_request');
    });

    test('a body of another type, or compressed', async () => {
      for (const headers of [
        { 'content-type': 'text/plain' },
        { 'content-type': 'application/x-www-form-urlencoded' },
        { 'content-type': 'application/xml' },
        { 'content-encoding': 'gzip' },
      ]) {
        refused(await api.post(`${pathOf('type')}/grants`, { amount: '1' }, { headers }), 'unsupported_media_type');
      }
      const charset = { 'content-type': 'application/json; charset=utf-8' };
      expect((await api.post(`${pathOf('type')}/grants`, { amount: '1' }, { headers: charset })).status).toBe(201);
    });

    test('a body of more than 64 KiB, 4 MiB for a batch', async () => {
      const large = JSON.stringify({ amount: '1', reason: 'x'.repeat(64 * 1024) });
      refused(await api.post(`${pathOf('large')}/grants`, large), 'payload_too_large');
      const batch = JSON.stringify({ commands: [{ id: '1', type: 'grant', junk: 'x'.repeat(1024 * 1024) }] });
      expect((await api.post('/v1/batch', batch)).status).toBe(200);
      refused(await api.post('/v1/batch', `"${'x'.repeat(4 * 1024 * 1024)}"`), 'payload_too_large');
    });

    test('a call that changes the ledger, without a key or with one that is none', async () => {
      const grant = `${pathOf('keyless')}/grants`;
      refused(await api.post(grant, { amount: '1' }, { key: null }), 'idempotency_key_required');
      refused(await api.post(grant, { amount: '1' }, { key: '' }), 'idempotency_key_required');
      for (const key of ['k'.repeat(256), 'ä', 'a\tb']) {
        const errors = [{ location: 'header.Idempotency-Key' }];
        refused(await api.post(grant, { amount: '1' }, { key }), 'invalid_request', { errors });
      }
      expect((await api.post(grant, { amount: '1' }, { key: `${'k'.repeat(254)}~` })).status).toBe(201);
    });

    test('what is wrong with the request is said before its key is missed', async () => {
      const grant = `${pathOf('order')}/grants`;
      refused(await api.post(grant, {}, { key: null }), 'invalid_request');
      refused(await api.post(grant, { amount: '1.0000001' }, { key: null }), 'invalid_request');
      refused(await api.post(grant, { amount: '0' }, { key: null }), 'invalid_request');
    });
  });

  describe('of what an account has too many of', () => {
    const MOST_COMMANDS = 1_000;

    async function batches(count: number, command: (index: number) => object): Promise<void> {
      for (let done = 0; done < count; done += MOST_COMMANDS) {
        const commands = Array.from({ length: Math.min(MOST_COMMANDS, count - done) }, (_, i) => {
          return { id: `${done + i}`, idempotency_key: `${done + i}`, ...command(done + i) };
        });
        const { body } = await api.post('/v1/batch', { commands }, { key: null });
        expect(new Set(body.results.map(({ status }: { status: number }) => status))).toEqual(new Set([201]));
      }
    }

    test('live lots, until one is gone', async () => {
      const grant = { type: 'grant', account: 'lots', amount: '1' };
      await batches(1_000, () => grant);
      refused(await api.post(`${pathOf('lots')}/grants`, { amount: '1' }), 'too_many_lots', { retryable: false });
      await api.post(`${pathOf('lots')}/charges`, { amount: '1' });
      await api.grant('lots', '1');
    });

    test('open reservations, until one ends', async () => {
      await api.grant('holds', '10001');
      const reserve = { type: 'reserve', account: 'holds', amount: '1' };
      await batches(10_000, () => reserve);
      const path = `${pathOf('holds')}/reservations`;
      refused(await api.post(path, { amount: '1' }), 'too_many_reservations', { retryable: true });
      const { body: page } = await api.get(`${path}?limit=1`);
      await api.post(`/v1/reservations/${page.data[0].id}/release`, {});
      await api.reserve('holds', '1');
    });
  });

  describe('of what goes wrong meanwhile', () => {
    afterEach(() => void jest.restoreAllMocks());

    test('a request that takes too long, and the same one sent again while it was on its way', async () => {
      await api.grant('slow', '5');
      const holder = await api.database.ownerPool.connect();
      await holder.query(`BEGIN; SELECT FROM accounts WHERE id = 'slow' FOR UPDATE`);
      const path = `${pathOf('slow')}/charges`;
      const calls = Array.from({ length: 3 }, () => api.post(path, { amount: '1' }, { key: 'slow' }));
      const other = api.post(path, { amount: '1' }, { key: 'other' });
      const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await eventually(async () => (await api.database.ownerPool.query(waits)).rowCount! > 0);
      // The first one waits for its row; the rest has been read some turns of the loop later, however long they take.
      for (let turn = 0; turn < 20; turn++) await sleep(15);
      // Past every deadline.
      const monotonic = performance.now.bind(performance);
      jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 60_000);
      const answers = await Promise.all(calls);
      expect(answers.map(({ body }) => body.code).sort()).toEqual([
        'busy',
        'idempotency_key_in_use',
        'idempotency_key_in_use',
      ]);
      for (const answer of [...answers, await other]) {
        refused(answer, answer.body.code, { retryable: true });
        expect(answer.headers['retry-after']).toBe('1');
      }
      expect((await other).body.code).toBe('busy');
      jest.restoreAllMocks();
      await holder.query('COMMIT');
      holder.release();
      expect((await api.post(path, { amount: '1' }, { key: 'slow' })).status).toBe(201);
    });

    test('a fault of ours tells the log what it is, and the caller nothing', async () => {
      const logged: string[] = [];
      const replica = await Api.start(api, pino({ level: 'error' }, { write: line => void logged.push(line) }));
      await api.database.ownerPool.query(`ALTER TABLE accounts ADD CONSTRAINT fault CHECK (id <> 'faulty')`);
      const answer = await replica.post(`${pathOf('faulty')}/grants`, { amount: '1' });
      await replica.stop();
      expect(logged.join()).toContain(`violates check constraint \\"fault\\"`);
      expect(logged.join()).toContain(answer.headers['request-id']);
      refused(answer, 'internal', { retryable: false });
      expect(answer.text).not.toMatch(/fault\b|constraint|accounts|append|SQL/i);
    });
  });

  /** Those that a file of its own is about. */
  const ELSEWHERE: Readonly<Record<string, string>> = {
    account_frozen: 'contract/commands',
    unauthenticated: 'contract/authentication',
    scope_missing: 'contract/authentication',
    rate_limited: 'contract/authentication',
    idempotency_key_reused: 'contract/idempotency',
    fact_already_recorded: 'contract/idempotency',
    run_not_found: 'contract/runs',
    run_over: 'contract/runs',
    too_many_runs: 'contract/runs',
    job_not_found: 'workers/ops',
    meter_not_found: 'contract/rates/events',
    rate_card_not_found: 'contract/rates/rate-cards',
    checkpoint_not_found: 'contract/proofs',
    entry_not_signed: 'contract/proofs',
    evidence_broken: 'contract/proofs',
    plan_not_found: 'contract/plans/catalogue',
    plan_in_use: 'contract/plans/catalogue',
    too_many_plans: 'contract/plans/catalogue',
    period_overlap: 'contract/plans/subscriptions',
    trial_used: 'contract/plans/subscriptions',
    limit_reached: 'contract/plans/subscriptions',
    plan_archived: 'contract/plans/subscriptions',
    too_many_subscriptions: 'contract/plans/subscriptions',
    subscription_not_found: 'contract/plans/subscriptions',
    campaign_not_found: 'contract/campaigns',
    campaign_not_started: 'contract/campaigns',
    campaign_ended: 'contract/campaigns',
    campaign_exhausted: 'contract/campaigns',
    already_claimed: 'contract/campaigns',
    too_many_campaigns: 'contract/campaigns',
    member_not_found: 'contract/members',
    member_in_use: 'contract/members',
    too_many_members: 'contract/members',
    webhook_endpoint_not_found: 'contract/webhooks',
    too_many_webhook_endpoints: 'contract/webhooks',
    stripe_not_configured: 'stripe/intake',
    stripe_signature_invalid: 'stripe/intake',
    stripe_event_not_found: 'stripe/intake',
    meter_report_not_found: 'stripe/arrears',
    stripe_refused: 'stripe/credits-for-money',
    top_up_not_found: 'stripe/credits-for-money',
    auto_top_up_not_found: 'stripe/auto-top-ups',
    pack_not_found: 'stripe/packs',
    pack_exists: 'stripe/packs',
    too_many_packs: 'stripe/packs',
    alert_rule_not_found: 'contract/webhooks',
    too_many_alert_rules: 'contract/webhooks',
    test_clock_not_found: 'contract/test-clocks',
    test_clock_advancing: 'contract/test-clocks',
    test_clock_full: 'contract/test-clocks',
    account_in_use: 'contract/test-clocks',
  };
  /** Those that no call of the API comes to. */
  const OF_NO_CALL = ['reinstate_exceeds_revoke'];

  test('every code of the table was seen here, or in the file that is about it', () => {
    for (const [code, file] of Object.entries(ELSEWHERE)) {
      expect(readFileSync(join(import.meta.dirname, '..', `${file}.spec.ts`), 'utf8')).toContain(`'${code}'`);
    }
    const unseen = Object.keys(ERROR_TABLE).filter(code => !seen.has(code) && !(code in ELSEWHERE));
    expect(unseen.sort()).toEqual(OF_NO_CALL.sort());
  });

  test('no call of the API is described with a refusal that it never comes to', () => {
    const described = callsOf(CONTROLLERS).flatMap(({ call }) => call.refusals ?? []);
    expect(described.filter(code => OF_NO_CALL.includes(code))).toEqual([]);
  });
});
