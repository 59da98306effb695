import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Claims } from '../../src/campaigns/claims.js';
import { FinishClaims } from '../../src/campaigns/finish-claims.js';
import { MOST_CAMPAIGNS } from '../../src/campaigns/campaign.js';
import { ERROR_TABLE } from '../../src/transport/error-table.js';
import { openEngine } from '../support/engine.js';
import { GrpcRefusal, type GrpcClient } from '../support/grpc-client.js';
import { Api, expectStatus, pathOf, type Answer, type Json } from './api.js';
import { startReplicas, stopReplicas } from './replicas.js';

const HOUR_MS = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();

describe('campaigns over HTTP', () => {
  let replicas: readonly [Api, Api];
  let api: Api;
  let grpc: GrpcClient;

  beforeAll(async () => {
    replicas = await startReplicas();
    [api] = replicas;
    grpc = await api.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await stopReplicas(replicas);
  });

  const define = async (id: string, more: object = {}): Promise<Json> =>
    expectStatus(200, await api.put(`/v1/campaigns/${id}`, { amount: '20', ...more }));
  const claim = (campaign: string, account: string, key: string, sent = {}, replica = api): Promise<Answer> =>
    replica.post(`${pathOf(account)}/claims`, { campaign, key }, sent);
  const refused = ({ status, body }: Answer, code: keyof typeof ERROR_TABLE): void =>
    expect([status, body.code]).toEqual([ERROR_TABLE[code].http, code]);
  const available = async (account: string): Promise<string> =>
    expectStatus(200, await api.get(pathOf(account))).balances.credits.available;
  const claims = async (campaign: string): Promise<number> =>
    expectStatus(200, await api.get(`/v1/campaigns/${campaign}`)).claims;

  test('an account claims once, and a key is claimed with once, over all accounts', async () => {
    const more = { expires_after_seconds: 86_400, priority: 10, applies_to: { meters: ['chat'] } };
    expect(await define('welcome', more)).toMatchObject({ id: 'welcome', unit: 'credits', amount: '20', claims: 0 });
    const answer = await claim('welcome', 'ada', 'device-1', { key: 'first' });
    const { lot, entries } = expectStatus(201, answer);
    expect(lot).toMatchObject({
      category: 'promotional',
      priority: 10,
      granted: '20',
      applies_to: { meters: ['chat'] },
    });
    expect(Date.parse(lot.expires_at) - Date.parse(lot.created_at)).toBe(86_400_000);
    expect(entries).toMatchObject([{ type: 'grant', reason: 'campaign welcome' }]);
    const again = await claim('welcome', 'ada', 'device-1', { key: 'first' });
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([answer.text, 'true']);
    refused(await claim('welcome', 'ada', 'device-2', { key: 'first' }), 'idempotency_key_reused');
    const twice = await claim('welcome', 'ada', 'device-1');
    refused(twice, 'already_claimed');
    expect(twice.body.entry).toBe(entries[0].id);
    refused(await claim('welcome', 'ada', 'device-2'), 'already_claimed');
    refused(await claim('welcome', 'bob', 'device-1'), 'already_claimed');
    expectStatus(201, await claim('welcome', 'bob', 'Device-1'));
    expectStatus(201, await claim('welcome', 'eve', 'device-1 '));
    expect(await claims('welcome')).toBe(3);
    const listed = expectStatus(200, await api.get('/v1/campaigns/welcome/claims?limit=2'));
    expect(listed).toMatchObject({ has_more: true, data: [{ account: 'eve', granted: true }, { account: 'bob' }] });
    const rest = expectStatus(200, await api.get(`/v1/campaigns/welcome/claims?after=${listed.next_cursor}`));
    expect(rest.data).toMatchObject([{ account: 'ada' }]);
    expect(await available('ada')).toBe('20');
  });

  test('a campaign that has not started, is over, or is all claimed says so, each in its way', async () => {
    await define('early', { starts_at: inHours(1), ends_at: inHours(2) });
    refused(await claim('early', 'ann', 'k'), 'campaign_not_started');
    await define('late', { ends_at: inHours(1) });
    const answer = await claim('late', 'ann', 'k', { key: 'late' });
    expectStatus(201, answer);
    await define('late', { ends_at: inHours(-1) });
    refused(await claim('late', 'ben', 'other'), 'campaign_ended');
    expect((await claim('late', 'ann', 'k', { key: 'late' })).text).toBe(answer.text);
    await define('few', { most_claims: 1 });
    expectStatus(201, await claim('few', 'ann', 'k'));
    refused(await claim('few', 'ben', 'other'), 'campaign_exhausted');
    expect((await api.get(pathOf('ben'))).body.seq).toBe(0);
    await define('few', { most_claims: 2 });
    expectStatus(201, await claim('few', 'ben', 'other'));
    refused(await claim('none', 'ann', 'k'), 'campaign_not_found');
    refused(await api.get('/v1/campaigns/none'), 'campaign_not_found');
    refused(await api.get('/v1/campaigns/none/claims'), 'campaign_not_found');
  });

  test('sixteen accounts with one key at once, on two replicas: one gets it; twenty for ten: ten do', async () => {
    await define('farm');
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => claim('farm', `farm-${i}`, 'one device', {}, replicas[i % 2])),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) refused(answer, 'already_claimed');
    await define('ten', { most_claims: 10 });
    const more = await Promise.all(
      Array.from({ length: 20 }, (_, i) => claim('ten', `ten-${i}`, `device ${i}`, {}, replicas[i % 2])),
    );
    expect(more.filter(({ status }) => status === 201)).toHaveLength(10);
    for (const answer of more) if (answer.status !== 201) refused(answer, 'campaign_exhausted');
    expect(await claims('ten')).toBe(10);
  });

  test('one account with one key, sixteen times at once: one grant', async () => {
    await define('eager');
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => claim('eager', 'eager', 'device', {}, replicas[i % 2])),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) refused(answer, 'already_claimed');
    expect([await available('eager'), await claims('eager')]).toEqual(['20', 1]);
  });

  test('live and test are apart', async () => {
    await define('both');
    const as = await api.makeKey({ mode: 'test', scopes: ['ledger:read', 'ledger:write', 'config:write'] });
    refused(await claim('both', 'ann', 'k', { as }), 'campaign_not_found');
    expectStatus(200, await api.put('/v1/campaigns/both', { amount: '7' }, { as }));
    expect(expectStatus(201, await claim('both', 'ann', 'k', { as })).lot.granted).toBe('7');
    expect(expectStatus(201, await claim('both', 'ben', 'k')).lot.granted).toBe('20');
    expect(expectStatus(200, await api.get('/v1/campaigns?limit=100', { as })).data).toHaveLength(1);
  });

  test('a key is kept as a hash that nobody gets by hashing it', async () => {
    await define('secret');
    const key = 'ada@example.com';
    expectStatus(201, await claim('secret', 'secretive', key));
    const { ownerPool } = api.database;
    const tables = ['campaign_claims', 'entries', 'outcomes', 'facts', 'campaigns'];
    for (const table of tables) {
      const { rows } = await ownerPool.query<{ text: string }>(`SELECT t::text AS text FROM ${table} t`);
      const plain = hash('sha256', key);
      expect(rows.filter(({ text }) => text.includes(key) || text.includes(plain.slice(0, 32)))).toEqual([]);
    }
  });

  describe('where a process died', () => {
    const die = async (account: string, granted: boolean): Promise<void> => {
      const { ownerPool } = api.database;
      await ownerPool.query(`UPDATE campaign_claims SET leased_until = now() - interval '1 s' WHERE account = $1`, [
        account,
      ]);
      if (granted) return;
      // As if it had been booked, and nothing more.
      await ownerPool.query(`INSERT INTO campaign_claims (mode, campaign, account, key_hash, terms, leased_until)
        SELECT mode, 'crash', $1, decode(repeat('ab', 32), 'hex'), '{"unit": "credits", "amount": "20000000", "priority": 50}',
          now() - interval '1 s' FROM campaigns WHERE mode = 'live' AND id = 'crash'`, [account]); // prettier-ignore
      await ownerPool.query(`UPDATE campaigns SET claims = claims + 1 WHERE mode = 'live' AND id = 'crash'`);
    };
    const finish = async (): Promise<void> => {
      const { writePath, units } = await openEngine(api.database);
      const job = new FinishClaims(new Claims(api.database.appPool), writePath, units);
      await job.run({ signal: new AbortController().signal, failed: () => {} });
      await writePath.drain();
    };

    test('after the booking the job grants it once, and meanwhile nobody else has the key', async () => {
      await define('crash');
      await die('booked', false);
      expect(expectStatus(200, await api.get('/v1/campaigns/crash/claims')).data).toMatchObject([{ granted: false }]);
      await finish();
      expect(await available('booked')).toBe('20');
      await finish();
      expect([await available('booked'), await claims('crash')]).toEqual(['20', 1]);
      expect(expectStatus(200, await api.get('/v1/campaigns/crash/claims')).data).toMatchObject([{ granted: true }]);
    });

    test('after the grant, the call again, and the job, find that it was made', async () => {
      await define('crashed');
      const answer = await claim('crashed', 'paid', 'k', { key: 'paid' });
      await die('paid', true);
      expect((await claim('crashed', 'paid', 'k', { key: 'paid' })).text).toBe(answer.text);
      await die('paid', true);
      refused(await claim('crashed', 'paid', 'k'), 'already_claimed');
      await die('paid', true);
      await finish();
      expect(await available('paid')).toBe('20');
      expect(expectStatus(200, await api.get('/v1/campaigns/crashed/claims')).data).toMatchObject([{ granted: true }]);
    });

    test('a claim that somebody is at work on is waited for', async () => {
      await define('slow');
      const { ownerPool } = api.database;
      expectStatus(201, await claim('slow', 'slow', 'k', { key: 'slow' }));
      await ownerPool.query(
        `UPDATE campaign_claims SET leased_until = now() + interval '1 minute' WHERE account = 'slow'`,
      );
      const waiting = claim('slow', 'slow', 'k');
      await sleep(300);
      await ownerPool.query(`UPDATE campaign_claims SET leased_until = NULL WHERE account = 'slow'`);
      refused(await waiting, 'already_claimed');
    });
  });

  test('a grant that is refused leaves the key and the campaign as they were', async () => {
    await define('huge', { amount: '9223372036854' });
    await api.grant('rich', '9223372036854');
    refused(await claim('huge', 'rich', 'k'), 'amount_too_large');
    expect(await claims('huge')).toBe(0);
    expectStatus(201, await claim('huge', 'poor', 'k'));
  });

  test('what is wrong is said, and where', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ amount: '0' }, 'body.amount'],
      [{ amount: '1', expires_after_seconds: 0 }, 'body.expires_after_seconds'],
      [{ amount: '1', most_claims: -1 }, 'body.most_claims'],
      [{ amount: '1', starts_at: inHours(2), ends_at: inHours(1) }, 'body.ends_at'],
      [{ amount: '1', color: 'red' }, 'body.color'],
    ];
    for (const [body, location] of wrong) {
      const answer = await api.put('/v1/campaigns/wrong', body);
      refused(answer, 'invalid_request');
      expect(answer.body.errors.map((error: Json) => error.location)).toContain(location);
    }
    refused(await api.put('/v1/campaigns/Wrong', { amount: '1' }), 'invalid_request');
    refused(await api.put('/v1/campaigns/wrong', { amount: '1', unit: 'nothing' }), 'unit_not_found');
    await define('right');
    refused(await claim('right', 'ann', ''), 'invalid_request');
    refused(await claim('right', 'ann', 'x'.repeat(256)), 'invalid_request');
    refused(await claim('right', 'ann', 'k', { key: null }), 'idempotency_key_required');
    const as = await api.makeKey({ mode: 'live', scopes: ['ledger:write'] });
    refused(await api.put('/v1/campaigns/right', { amount: '1' }, { as }), 'scope_missing');
  });

  test('gRPC calls say the same', async () => {
    const defined = await grpc.call('putCampaign', { campaign: 'over-grpc', amount: '5', most_claims: 1 });
    expect(defined.campaign).toMatchObject({ id: 'over-grpc', amount: '5', most_claims: 1 });
    const asked = { account: 'grpc', idempotency_key: 'c', campaign: 'over-grpc', key: 'k' };
    const first = await grpc.call('claimCampaign', asked);
    expect(first).toMatchObject({ lot: { granted: '5' } });
    expect(await grpc.call('claimCampaign', asked)).toMatchObject({ replayed: true });
    const over = await claim('over-grpc', 'grpc', 'k', { key: 'c' });
    expect([over.status, over.headers['idempotency-replayed']]).toEqual([201, 'true']);
    const error = await grpc.call('claimCampaign', { ...asked, idempotency_key: 'd' }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(GrpcRefusal);
    expect((await grpc.call('getCampaign', { campaign: 'over-grpc' })).campaign).toMatchObject({ claims: 1 });
    expect((await grpc.call('listClaims', { campaign: 'over-grpc' })).data).toMatchObject([{ account: 'grpc' }]);
    expect((await grpc.call('listCampaigns', { limit: 1 })).data).toHaveLength(1);
  });

  test('there may be so many', async () => {
    await api.database.ownerPool.query(`INSERT INTO campaigns (mode, id, unit, amount, priority, secret)
      SELECT 'live', 'many-' || n, 'credits', 1, 50, decode(repeat('00', 32), 'hex') FROM generate_series(1, ${MOST_CAMPAIGNS}) n`);
    refused(await api.put('/v1/campaigns/one-more', { amount: '1' }), 'too_many_campaigns');
    await define('right', { amount: '21' });
  });
});
