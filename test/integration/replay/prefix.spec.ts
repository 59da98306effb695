import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Until } from '../../../src/replay/fold/until.js';
import { runReplay } from './run-replay.js';
import { verifyLedger, type VerifyReport } from '../../../src/replay/verify/verify-ledger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine } from '../../support/engine.js';
import { Teller } from '../../support/teller.js';

const CLOCK_TOLERANCE_MS = 200;

interface Point {
  readonly entries: number;
  readonly position: number;
  readonly at: number;
}

const NOW = `
SELECT (SELECT count(*) FROM entries)::int AS entries, (SELECT max(position) FROM entries)::int AS position,
       floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at`;

/** Entries up to a point, and what derives from them alone. */
describe('verify up to a point', () => {
  let database: TestDatabase;
  let middle: Point;

  beforeAll(async () => {
    database = await createTestDatabase();
    const engine = await openEngine(database);
    const teller = new Teller(engine);
    await teller.grant('ended', 10);
    await teller.grant('goes-on', 10);
    await teller.reserve('goes-on', 4);
    await sleep(CLOCK_TOLERANCE_MS);
    middle = (await database.ownerPool.query<Point>(NOW)).rows[0]!;
    // What comes now was decided later, however far the engine's idea of the clock is off.
    await sleep(2 * CLOCK_TOLERANCE_MS);
    for (let i = 0; i < 3; i++) await teller.grant('goes-on', 1);
    await engine.writePath.drain();
  });

  afterAll(() => database.close());

  const verify = (until: Until): Promise<VerifyReport> =>
    verifyLedger({ ownerUrl: database.url, accountNo: null, mode: null, until, threads: 1 });

  it.each(['position', 'moment'] as const)('folds the entries up to a %s and no others', async by => {
    const until: Until = by === 'position' ? { by, position: middle.position } : { by, at: middle.at };
    expect(await verify(until)).toMatchObject({ entries: middle.entries, differenceCount: 0 });
  });

  it('compares the rows of accounts that ended before it, and not those that went on', async () => {
    const client = await database.ownerPool.connect();
    await client.query(`UPDATE accounts SET frozen = true`);
    const until: Until = { by: 'position', position: middle.position };
    expect((await verify(until)).differences).toMatchObject([{ account: 'ended', field: 'frozen' }]);
    await client.query(`UPDATE accounts SET frozen = false`);
    client.release();
  });

  it('compares snapshots up to it, and not those beyond', async () => {
    await database.ownerPool.query(`
      INSERT INTO balance_snapshots (account_no, seq, effective_at, units, balances)
      SELECT account_no, seq, effective_at, '{credits}', '{1,1,0,0,0,0,0}' FROM entries JOIN account_names USING (account_no)
      WHERE id = 'goes-on' AND seq IN (1, 5)`);
    const until: Until = { by: 'moment', at: middle.at };
    const fields = (await verify(until)).differences.map(({ place, field }) => `${place} ${field}`);
    expect(fields).toContain('balance_snapshots seq 1 credits.available');
    expect(fields.filter(field => field.includes('seq 5'))).toEqual([]);
    await runReplay(database, { until: new Date(middle.at).toISOString() });
    expect(await verify(until)).toMatchObject({ differenceCount: 0 });
    const { rows } = await database.ownerPool.query(`SELECT seq FROM balance_snapshots WHERE balances[2] = 1000000`);
    expect(rows).toEqual([]);
    const left = await database.ownerPool.query(`SELECT seq FROM balance_snapshots WHERE balances[2] = 1`);
    expect(left.rows).toEqual([{ seq: '5' }]);
    await database.ownerPool.query(`DELETE FROM balance_snapshots`);
  });

  it('finds a rule that does not hold in it, and none that only later entries break', async () => {
    await database.ownerPool
      .query(`ALTER TABLE entries DISABLE TRIGGER entries_only_inserted, DISABLE TRIGGER entries_only_erased;
      UPDATE entries SET effective_at = effective_at - interval '1 day' WHERE seq = 5;
      ALTER TABLE entries
        ENABLE ALWAYS TRIGGER entries_only_inserted, ENABLE ALWAYS TRIGGER entries_only_erased`);
    const at = (position: number): Until => ({ by: 'position', position });
    expect(await verify(at(middle.position))).toMatchObject({ differenceCount: 0 });
    expect((await verify(at(middle.position + 3))).differences).toContainEqual(
      expect.objectContaining({ account: 'goes-on', place: 'entries' }),
    );
  });
});
