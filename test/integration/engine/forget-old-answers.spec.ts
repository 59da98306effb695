import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ForgetOldAnswers } from '../../../src/ledger/forget-old-answers.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

describe('answers', () => {
  let database: TestDatabase;
  let engine: Engine;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
  });

  afterAll(async () => {
    await engine.writePath.drain();
    await database.close();
  });

  test('are kept for 30 days, their keys for ever', async () => {
    const teller = new Teller(engine);
    const fresh = await teller.grant('fresh', 1, {}, { key: 'k' });
    const kept = await teller.grant('kept', 1, {}, { key: 'k' });
    const old = await teller.grant('old', 1, {}, { key: 'k' });
    await age('kept', '29 days 23 hours');
    await age('old', '30 days 1 hour');
    const failed = () => {};
    await new ForgetOldAnswers(database.appPool).run({ signal: new AbortController().signal, failed });
    expect(await teller.grant('fresh', 1, {}, { key: 'k' })).toMatchObject({ replayed: true, bytes: fresh.bytes });
    expect(await teller.grant('kept', 1, {}, { key: 'k' })).toMatchObject({ replayed: true, bytes: kept.bytes });
    expect(await refusalOf(teller.grant('old', 1, {}, { key: 'k' }))).toMatchObject({
      code: 'fact_already_recorded',
      details: { entry: old.entries[0]!.id },
    });
  });

  async function age(account: string, by: string): Promise<void> {
    await database.ownerPool.query(
      `UPDATE outcomes SET recorded_at = now() - $2::interval
       WHERE account_no = (SELECT account_no FROM account_names WHERE id = $1)`,
      [account, by],
    );
  }
});
