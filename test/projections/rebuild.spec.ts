import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCheckpoint, moveCheckpoint, takeCheckpoint } from '../../src/projections/checkpoints.js';
import { foldInto, Follower } from '../../src/projections/follower.js';
import { ProjectionInUse } from '../../src/projections/one-at-a-time.js';
import { rebuildProjection, RebuildFailed, type Rebuilt } from '../../src/projections/rebuild-projection.js';
import { verifyProjection } from '../../src/projections/verify-projection.js';
import { FinanceProjection } from '../../src/finance/finance-projection.js';
import { UnitTotalsProjection } from '../../src/balances/unit-totals-projection.js';
import { UsageProjection } from '../../src/usage/usage-projection.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { openEngine, type Engine } from '../support/engine.js';
import { Teller } from '../support/teller.js';

const KILLS = 20;
const FEWEST_KILLED = 4;
const ROWS = 'SELECT u::text FROM usage_by_day u ORDER BY account_no, day, unit, dimensions';
const SUMS =
  'SELECT count(*)::int AS rows, sum(commits)::int AS commits, sum(committed)::text AS committed FROM usage_by_day';
const SHADOWS = `
SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'projection_shadows')::int AS tables,
       (SELECT count(*) FROM projection_checkpoints WHERE shadow)::int AS checkpoints`;
const LAST_POSITION = 'SELECT max(position) AS last FROM entries';
const WAITING = `
SELECT FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`;

describe('a projection that is folded anew', () => {
  const usage = new UsageProjection(['model', 'feature']);
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;
  let follower: Follower;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database, { lanes: 2 });
    teller = new Teller(engine);
    follower = new Follower(database.appPool, { error: () => {} });
    await createCheckpoint(database.appPool, usage);
    await createCheckpoint(database.appPool, new UnitTotalsProjection());
    await createCheckpoint(database.appPool, new FinanceProjection());
    await work(0, 20);
    await catchUp();
  });

  afterAll(async () => {
    await engine.writePath.drain();
    await database.close();
  });

  async function work(caller: number, turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      const account = `account-${(caller + turn) % 7}`;
      await teller.grant(account, 5);
      const metadata = { model: `model-${turn % 3}` };
      const member = turn % 2 === 0 ? 'anna' : null;
      const { reservation } = await teller.reserve(account, 3, turn % 5 === 0 ? { member } : { member, metadata });
      await teller.commit(reservation!.id, 2, turn % 4 === 0 ? { metadata: { feature: 'chat' } } : {});
      if (turn % 3 === 0) await teller.refund(reservation!.id, 1);
    }
  }

  async function catchUp(): Promise<void> {
    for (const projection of [usage, new UnitTotalsProjection(), new FinanceProjection()]) {
      while ((await follower.step(projection)) === 'folded');
    }
  }

  function rebuild(projection = usage): Promise<Rebuilt> {
    return rebuildProjection({ ownerUrl: database.url, projection });
  }

  async function verify(projection = usage): Promise<number> {
    return (await verifyProjection({ ownerUrl: database.url, projection })).differences.count;
  }

  async function rows(query = ROWS): Promise<object[]> {
    return (await database.appPool.query(query)).rows;
  }

  test('is byte for byte what it was, although the ledger is written and followed meanwhile', async () => {
    const traffic = { over: false };
    const written = Promise.all([1, 2, 3, 4].map(caller => work(caller, 40))).finally(() => (traffic.over = true));
    const followed = (async () => {
      while (!traffic.over) await follower.step(usage);
    })();
    let rebuilds = 0;
    while (!traffic.over || rebuilds === 0) {
      const { differences, resumed } = await rebuild();
      expect({ differences, resumed }).toEqual({ differences: { count: 0, shown: [] }, resumed: false });
      expect(await verify()).toBe(0);
      rebuilds++;
    }
    await Promise.all([written, followed]);
    await catchUp();
    const before = await rows();
    expect((await rebuild()).differences?.count).toBe(0);
    expect(await rows()).toEqual(before);
    expect(await rows(SHADOWS)).toEqual([{ tables: 0, checkpoints: 0 }]);
  });

  test('has what was followed between its last look and the swap', async () => {
    await catchUp();
    const client = await database.appPool.connect();
    await client.query('BEGIN');
    // As a follower in the middle of a range: it has the checkpoint, and the rebuild waits for it.
    const { position, settings } = (await takeCheckpoint(client, usage.name, false, 0))!;
    const rebuilding = rebuild();
    await eventually(async () => (await rows(WAITING)).length > 0);
    await work(3, 5);
    const upTo = Number((await client.query<{ last: string }>(LAST_POSITION)).rows[0]!.last);
    await foldInto(client, usage, { after: position, upTo }, settings, false);
    await moveCheckpoint(client, usage.name, false, upTo);
    await client.query('COMMIT');
    client.release();
    expect(await rebuilding).toMatchObject({ position: upTo, differences: { count: 0 } });
    expect(await verify()).toBe(0);
  });

  test('changes from one moment to the next for those who read it', async () => {
    await catchUp();
    const before = await rows(SUMS);
    const reading = { over: false };
    const readers = [1, 2, 3].map(async () => {
      while (!reading.over) expect(await rows(SUMS)).toEqual(before);
    });
    for (let i = 0; i < 4; i++) await rebuild();
    reading.over = true;
    await Promise.all(readers);
  });

  test('waits for those who are reading, and does not make others wait for long', async () => {
    const reader = await database.appPool.connect();
    await reader.query('BEGIN');
    await reader.query(SUMS);
    const rebuilding = rebuild();
    await eventually(async () => (await rows(WAITING)).length > 0);
    // Behind the swap, which waits for the reader: answered only because it does not wait for as long as that takes.
    await rows(SUMS);
    await reader.query('COMMIT');
    reader.release();
    expect((await rebuilding).differences?.count).toBe(0);
  });

  test('names the rows that damage changed, took or added, and puts what the entries say in their place', async () => {
    await catchUp();
    const before = await rows();
    await database.ownerPool.query(`
      UPDATE usage_by_day SET committed = committed + 1 WHERE ctid = (SELECT min(ctid) FROM usage_by_day);
      DELETE FROM usage_by_day WHERE ctid = (SELECT min(ctid) FROM usage_by_day);
      INSERT INTO usage_by_day VALUES (77777, '2026-01-01', 'credits', '{nobody}', 1, 1, 0)`);
    const { differences } = await verifyProjection({ ownerUrl: database.url, projection: usage });
    expect(differences.count).toBe(4);
    expect(differences.shown.map(({ is }) => is).sort()).toEqual(['missing', 'missing', 'unfounded', 'unfounded']);
    expect(differences.shown).toContainEqual({
      table: 'usage_by_day',
      is: 'unfounded',
      row: expect.stringContaining('"account_no": 77777'),
    });
    expect((await rebuild()).differences).toEqual(differences);
    expect(await rows()).toEqual(before);
    expect(await verify()).toBe(0);
  });

  test('killed at any moment it has changed nothing, and goes on the next time', async () => {
    await catchUp();
    const before = await rows();
    const counts = { killed: 0, resumed: 0 };
    const startedAt = performance.now();
    await rebuild();
    const tookMs = performance.now() - startedAt;
    // All along its way, and beyond: those after a kill have less of it to go, and then begin anew.
    for (let kill = 0; kill < KILLS || counts.killed < FEWEST_KILLED || counts.resumed === 0; kill++) {
      const attempt = rebuild().then(
        rebuilt => (counts.resumed += Number(rebuilt.resumed)),
        () => counts.killed++,
      );
      await sleep(((kill % KILLS) / KILLS) * 2 * tookMs);
      await database.ownerPool.query(
        `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'credits-ledger projections'`,
      );
      await attempt;
      expect(await rows()).toEqual(before);
    }
    expect((await rebuild()).differences?.count ?? 0).toBe(0);
    expect(await rows()).toEqual(before);
    expect(await rows(SHADOWS)).toEqual([{ tables: 0, checkpoints: 0 }]);
  });

  test('is rebuilt by one at a time', async () => {
    const both = await Promise.allSettled([rebuild(), rebuild()]);
    const refused = both.filter(outcome => outcome.status === 'rejected').map(({ reason }) => reason);
    expect(refused).toEqual([expect.any(ProjectionInUse)]);
  });

  test('takes new settings with a rebuild, not before, and keeps the rights of those who use it', async () => {
    const chosen = new UsageProjection(['feature']);
    await work(5, 5);
    while ((await follower.step(chosen)) === 'folded');
    expect(await rows('SELECT DISTINCT cardinality(dimensions) AS n FROM usage_by_day')).toEqual([{ n: 3 }]);
    expect((await rebuild(chosen)).differences).toBeNull();
    expect(await rows('SELECT DISTINCT cardinality(dimensions) AS n FROM usage_by_day')).toEqual([{ n: 2 }]);
    await work(6, 5);
    await catchUp();
    expect(await rows('SELECT DISTINCT cardinality(dimensions) AS n FROM usage_by_day')).toEqual([{ n: 2 }]);
    expect(await verify(chosen)).toBe(0);
    expect((await rebuild()).differences).toBeNull();
  });

  test('is listed, verified and rebuilt from the command line, with exit codes that say what came of it', async () => {
    await catchUp();
    expect(await ops('projections', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('up to date') });
    expect(await ops('projections', 'verify')).toMatchObject({
      code: 0,
      out: expect.stringContaining('no differences'),
    });
    await database.ownerPool.query(
      'UPDATE usage_by_day SET commits = 99 WHERE ctid = (SELECT min(ctid) FROM usage_by_day)',
    );
    const found = await ops('projections', 'verify', 'usage_by_day');
    expect(found).toMatchObject({ code: 1, out: expect.stringContaining('usage_by_day: unfounded {"day"') });
    const rebuilt = await ops('projections', 'rebuild', 'usage_by_day');
    expect(rebuilt).toMatchObject({ code: 0, out: expect.stringContaining('2 rows of the old one differed') });
    expect(await verify()).toBe(0);
    const late = await database.ownerPool.connect();
    await late.query(`BEGIN; SELECT nextval('entry_positions')`);
    expect((await ops('projections', 'list')).out).toMatch(/1 entries behind[^]*pid \d+ is writing since/);
    await late.query('COMMIT');
    late.release();
    await database.ownerPool.query(
      `UPDATE projection_checkpoints SET failure = 'x', failed_at = now(), failed_position = 7`,
    );
    expect(await ops('projections', 'list')).toMatchObject({
      code: 1,
      out: expect.stringContaining('stands before position 7'),
    });
    await database.ownerPool.query(`UPDATE projection_checkpoints SET failure = NULL, failed_at = NULL`);
    const wrong = [['lists'], ['rebuild'], ['verify', 'balances']];
    const codes = await Promise.all(wrong.map(async args => (await ops('projections', ...args)).code));
    expect(codes).toEqual([2, 2, 2]);
  });

  function ops(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const tool = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: database.url };
    return new Promise(resolve => {
      execFile(process.execPath, [tool, ...args], { env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  test('stays as it is where an entry cannot be folded, and the answer says which', async () => {
    const before = await rows();
    class Choosy extends UsageProjection {
      override fold(): Promise<void> {
        throw new Error('unheard of');
      }
    }
    const failure = await rebuild(new Choosy(['x'])).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RebuildFailed);
    expect(String(failure)).toContain('position 0: Error: unheard of');
    expect(await rows()).toEqual(before);
  });
});
