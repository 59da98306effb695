import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { pino } from 'pino';
import { auditLedger, type AuditReport } from '../../../src/evidence/audit/audit-ledger.js';
import { openCheckpoint } from '../../../src/evidence/checkpoint.js';
import { eraseTexts } from '../../../src/evidence/erase/erase-texts.js';
import { CheckpointFile } from '../../../src/evidence/file/checkpoint-file.js';
import { exportCheckpoint } from '../../../src/evidence/file/export-checkpoint.js';
import { EvidenceLog } from '../../../src/evidence/log/evidence-log.js';
import { signLog } from '../../../src/evidence/log/sign-log.js';
import { FinanceProjection } from '../../../src/finance/finance-projection.js';
import { loadSigningKey } from '../../../src/evidence/signing-key.js';
import { createCheckpoint } from '../../../src/projections/checkpoints.js';
import { Follower } from '../../../src/projections/follower.js';
import { verifyLedger } from '../../../src/replay/verify/verify-ledger.js';
import { UsageProjection } from '../../../src/usage/usage-projection.js';
import { Outbox } from '../../../src/webhooks/outbox/outbox.js';
import { charge } from '../../model/given-account.js';
import { credits, plan, subscribe } from '../../model/given-plan.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { recomputedLeaves, storedLeaves } from '../../support/evidence.js';
import { Teller } from '../../support/teller.js';

const SECRET = 'Jane Doe';

/** Every table with something of an account, and where texts can be in it. A new one belongs into one of the two. */
const WITH_TEXTS = ['accounts', 'entries', 'holds', 'outcomes', 'usage_by_day'];
/** Numbers, moments, hashes, and names: of accounts, references, members, rules, subscriptions, plans, units. */
const WITHOUT_TEXTS = [
  'account_clocks',
  'account_levels',
  'account_names',
  'alert_rules',
  'auto_top_up_attempts',
  'auto_top_ups',
  'balance_snapshots',
  'campaign_claims',
  'erased_texts',
  'facts',
  'finance_lots',
  'finance_payments',
  'followed_subscriptions',
  'lent_lots',
  'members',
  'meter_reports',
  'stripe_customers',
  'stripe_payments',
  'stripe_subscriptions',
  'subscriptions',
  'told_expiries',
  'told_trials',
  'top_ups',
  'webhook_deliveries',
  'webhook_events',
  'webhook_streams',
];
const OF_ACCOUNTS = `
SELECT DISTINCT c.table_name AS name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name IN ('account', 'account_no') ORDER BY 1`;
const ALL_TABLES = `
SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`;

describe('an erasure', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;
  let folder: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'credits-ledger-evidence-'));
    engine = await openEngine(database);
    teller = new Teller(engine);
    for (const account of ['jane', 'joe']) {
      await teller.grant(account, 100, { reason: `for ${SECRET}` }, { key: `grant ${account}` });
      await teller.command(account, { type: 'configure', overdraftLimits: null, metadata: { name: SECRET } });
      const { reservation } = await teller.reserve(account, 5, { metadata: { model: SECRET } });
      await teller.commit(reservation!.id, 4, { metadata: { who: SECRET } });
      await teller.reserve(account, 5, { metadata: { who: SECRET } });
    }
  });

  afterEach(async () => {
    await engine.writePath.drain();
    await database.close();
    await rm(folder, { recursive: true });
  });

  async function followAll(): Promise<void> {
    const outbox = new Outbox(engine.ids);
    for (const projection of [new EvidenceLog(), new UsageProjection(['model']), new FinanceProjection(), outbox]) {
      const follower = new Follower(database.appPool, pino({ level: 'silent' }));
      await createCheckpoint(database.appPool, projection);
      while ((await follower.step(projection)) === 'folded');
    }
  }

  async function keep(): Promise<void> {
    const key = await loadSigningKey(database.ownerPool, undefined);
    const note = (await signLog(database.ownerPool, key))!;
    const client = await database.ownerPool.connect();
    const { size } = openCheckpoint(note, key.publicKey);
    await exportCheckpoint(client, join(folder, 'kept'), { note, size, detail: 'leaves' });
    client.release();
  }

  async function audit(): Promise<AuditReport> {
    const key = await loadSigningKey(database.ownerPool, undefined);
    const file = await CheckpointFile.open(join(folder, 'kept'), key.publicKey);
    return auditLedger({ ownerUrl: database.url, file, earlier: [] }).finally(() => file.close());
  }

  async function erase(account: string, seq: number | null = null): Promise<number> {
    const { rows } = await database.ownerPool.query<{ no: string }>(
      'SELECT account_no AS no FROM account_names WHERE id = $1',
      [account],
    );
    const owner = new Client({ connectionString: database.url });
    await owner.connect();
    return eraseTexts(owner, Number(rows[0]!.no), seq).finally(() => owner.end());
  }

  /** Where any table still has the name. */
  async function found(account: string): Promise<string[]> {
    const places: string[] = [];
    const { rows } = await database.ownerPool.query<{ no: string }>(
      'SELECT account_no AS no FROM account_names WHERE id = $1',
      [account],
    );
    for (const table of ['entries', 'accounts', 'holds', 'usage_by_day']) {
      const sql = `SELECT count(*)::int AS n FROM ${table} t WHERE account_no = ${rows[0]!.no} AND t::text LIKE '%${SECRET}%'`;
      if ((await database.ownerPool.query<{ n: number }>(sql)).rows[0]!.n > 0) places.push(table);
    }
    const answers = `SELECT count(*)::int AS n FROM outcomes
      WHERE account_no = ${rows[0]!.no} AND convert_from(body, 'UTF8') LIKE '%${SECRET}%'`;
    if ((await database.ownerPool.query<{ n: number }>(answers)).rows[0]!.n > 0) places.push('outcomes');
    return places;
  }

  /** Tables that have the name, of whichever account. */
  async function everywhere(): Promise<string[]> {
    const { ownerPool } = database;
    const { rows: tables } = await ownerPool.query<{ name: string }>(ALL_TABLES);
    const hex = Buffer.from(SECRET).toString('hex');
    const found: string[] = [];
    for (const { name } of tables) {
      const seen = `SELECT FROM ${name} t WHERE t::text LIKE ANY (ARRAY['%${SECRET}%', '%${hex}%']) LIMIT 1`;
      if ((await ownerPool.query(seen)).rowCount === 1) found.push(name);
    }
    return found;
  }

  const verify = async (): Promise<readonly unknown[]> => {
    const of = { accountNo: null, mode: null, until: null };
    const { differences } = await verifyLedger({ ownerUrl: database.url, ...of, threads: 1 });
    return differences;
  };

  it('removes the texts of one account everywhere, of no other, and breaks neither chain nor checkpoint nor fold', async () => {
    await followAll();
    await keep();
    expect(await found('jane')).toEqual(['entries', 'accounts', 'holds', 'usage_by_day', 'outcomes']);
    expect(await erase('jane')).toBe(5);
    expect(await found('jane')).toEqual([]);
    expect(await found('joe')).toEqual(['entries', 'accounts', 'holds', 'usage_by_day', 'outcomes']);
    expect(await audit()).toMatchObject({ findings: [], erased: 5 });
    expect(await storedLeaves(database)).toEqual(await recomputedLeaves(database));
    expect(await verify()).toEqual([]);
    expect(await erase('jane')).toBe(0);
  });

  it("takes what Stripe's events say of the account's buyers, and of nobody else's", async () => {
    const { ownerPool } = database;
    await ownerPool.query(`INSERT INTO stripe_customers (mode, account, customer) VALUES ('live', 'jane', 'cus_jane')`);
    await ownerPool.query(
      `INSERT INTO stripe_subscriptions (subscription, mode, account) VALUES ('sub_jane', 'live', 'jane')`,
    );
    const told: Record<string, [mode: string, object: object]> = {
      evt_customer: ['live', { id: 'cus_jane', email: SECRET }],
      evt_charge: ['live', { id: 'ch_1', customer: 'cus_jane', billing_details: { name: SECRET } }],
      evt_subscription: ['live', { id: 'sub_jane', customer: 'cus_hers', description: SECRET }],
      evt_invoice: ['live', { id: 'in_1', customer: 'cus_hers', customer_email: SECRET }],
      evt_metadata: ['live', { id: 'pi_1', metadata: { credits_account: 'jane' }, receipt_email: SECRET }],
      evt_with_nul: ['live', { id: 'pi_2', description: `\0${SECRET}` }],
      evt_of_joe: ['live', { id: 'pi_3', customer: 'cus_joe', receipt_email: SECRET }],
      evt_of_test: ['test', { id: 'pi_4', metadata: { credits_account: 'jane' }, receipt_email: SECRET }],
    };
    for (const [id, [mode, object]] of Object.entries(told)) {
      const subject = (object as { id: string }).id;
      await ownerPool.query(
        `INSERT INTO stripe_events (id, mode, type, subject_kind, subject, body, occurred_at, state)
         VALUES ($1, $2, 'some.event', 'payment', $3, $4, now(), 'processed')`,
        [id, mode, subject, JSON.stringify({ id, data: { object } })],
      );
    }
    await erase('jane');
    const { rows } = await ownerPool.query<{ id: string }>(
      `SELECT id FROM stripe_events WHERE body::text LIKE '%${SECRET}%' ORDER BY id`,
    );
    expect(rows.map(({ id }) => id)).toEqual(['evt_of_joe', 'evt_of_test']);
  });

  it('leaves no text in any table, whatever follows the entries', async () => {
    const { ownerPool } = database;
    await ownerPool.query(`INSERT INTO webhook_endpoints (mode, url, description, from_position) VALUES ('live', 'https://example.com', '', 0);
      INSERT INTO alert_rules (mode, account, name, enabled, unit, kind, value, measure)
      VALUES ('live', 'jane', 'low', true, 'credits', 'amount', 90, 'unspent')`);
    for (const account of ['jane', 'joe']) {
      const paid = { category: 'paid', cost: { amount: '5', currency: 'EUR' }, metadata: { of: SECRET } } as const;
      await teller.grant(account, 5, paid);
      await teller.command(account, { ...subscribe(plan('free', { grants: [credits(7n)] })) });
      await teller.command(account, { ...charge(30n * 1_000_000n), reason: SECRET, metadata: { for: SECRET } });
    }
    await followAll();
    expect((await ownerPool.query('SELECT FROM webhook_events')).rowCount).toBeGreaterThan(5);
    expect(await everywhere()).toEqual(WITH_TEXTS.map(table => `public.${table}`));
    for (const account of ['jane', 'joe']) await erase(account);
    await followAll();
    expect(await everywhere()).toEqual([]);
    expect(await verify()).toEqual([]);
  });

  it('knows every table that has something of an account', async () => {
    const { rows } = await database.ownerPool.query<{ name: string }>(OF_ACCOUNTS);
    expect(rows.map(({ name }) => name)).toEqual([...WITH_TEXTS, ...WITHOUT_TEXTS].sort());
  });

  it('leaves no salt with which a text could be guessed from its hash', async () => {
    await followAll();
    await erase('jane');
    await erase('joe');
    const { rows } = await database.ownerPool.query<{ salts: Buffer }>('SELECT salts FROM log_tiles');
    expect(rows.every(({ salts }) => salts.every(byte => byte === 0))).toBe(true);
  });

  it('of entries that the log does not have yet is what the log then has', async () => {
    await erase('jane');
    await followAll();
    await keep();
    expect(await audit()).toMatchObject({ findings: [], erased: 5 });
    expect(await storedLeaves(database)).toEqual(await recomputedLeaves(database));
  });

  it('is not undone by a service that has the account in memory', async () => {
    await followAll();
    await teller.balance('jane');
    await erase('jane');
    await teller.grant('jane', 1);
    expect(await found('jane')).toEqual([]);
    expect(await verify()).toEqual([]);
  });

  it('of one entry leaves the texts of the others', async () => {
    await followAll();
    await keep();
    expect(await erase('jane', 5)).toBe(1);
    expect(await found('jane')).toEqual(['entries', 'accounts', 'usage_by_day', 'outcomes']);
    expect(await audit()).toMatchObject({ findings: [], erased: 1 });
    expect(await verify()).toEqual([]);
  });

  it('after which texts are put back is found', async () => {
    await followAll();
    await keep();
    await erase('jane');
    await database.ownerPool.query(`ALTER TABLE entries DISABLE TRIGGER entries_only_erased;
      UPDATE entries SET reason = 'another' WHERE account_no = 1 AND seq = 1;
      ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_erased`);
    const { findings } = await audit();
    expect(findings).toMatchObject([{ kind: 'texts-returned', entry: { seq: 1 } }]);
  });

  it.each([
    ['another amount', `amount = 0, reason = NULL, metadata = NULL`],
    ['another text', `reason = 'another', metadata = NULL`],
    ['half of the texts', `reason = NULL, metadata = metadata`],
    ['other details', `reason = NULL, metadata = NULL, details = NULL`],
    [
      'a number that is equal and not the same',
      `reason = NULL, metadata = NULL, details = jsonb_set(details, '{x}', '1.0')`,
    ],
    ['another time', `reason = NULL, metadata = NULL, recorded_at = recorded_at + interval '1 microsecond'`],
  ])('is all of an UPDATE that passes: not %s', async (_, change) => {
    await database.ownerPool.query(`
      ALTER TABLE entries DISABLE TRIGGER entries_only_erased;
      UPDATE entries SET reason = 'r', metadata = '{"m": "n"}', details = '{"x": 1}' WHERE account_no = 1 AND seq = 1;
      ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_erased;
      INSERT INTO erased_texts (account_no, seq, position, texts) VALUES (1, 1, 1, sha256('x'))`);
    const update = (what: string) =>
      database.ownerPool.query(`UPDATE entries SET ${what} WHERE account_no = 1 AND seq = 1`);
    await expect(update(change)).rejects.toMatchObject({ code: '23001', constraint: 'entries_only_inserted' });
    await update('reason = NULL, metadata = NULL');
  });

  it('is refused where no hash is left in the place of the texts, and to the service in any case', async () => {
    const update = 'UPDATE entries SET reason = NULL, metadata = NULL';
    await expect(database.ownerPool.query(update)).rejects.toMatchObject({ constraint: 'entries_only_inserted' });
    await expect(database.appPool.query(update)).rejects.toMatchObject({ code: '42501' });
    for (const call of [`erase_entry_texts(1, '{1}', ARRAY[sha256('x')])`, `erase_text_copies(1, '{1}', true)`]) {
      await expect(database.appPool.query(`SELECT ${call}`)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(
      database.appPool.query(`INSERT INTO erased_texts VALUES (1, 1, 1, sha256('x'))`),
    ).rejects.toMatchObject({
      code: '42501',
    });
  });
});
