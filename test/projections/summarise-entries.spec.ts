import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SummariseEntries } from '../../src/projections/summarise-entries.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const ENTRIES = 50_000;
const PAGES_PER_RANGE = 32;
/** Those that are left alone, and the one that is not yet full. */
const MOST_PAGES = (4 + 1 + 1) * PAGES_PER_RANGE;

const APPEND = `
INSERT INTO entries (account_no, seq, type, amount, closes, effective_at, recorded_at)
SELECT 1, n, 'freeze', 0, false, now(), now() FROM generate_series($1::bigint, $2::bigint) n`;
const SETTINGS = `SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0`;
const PLAN = 'EXPLAIN (ANALYZE, FORMAT json) SELECT FROM entries WHERE';
const signal = new AbortController().signal;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // Nobody else summarises.
  await database.ownerPool.query('ALTER TABLE entries SET (autovacuum_enabled = false)');
  await database.ownerPool.query(APPEND, [1, ENTRIES]);
});
afterAll(() => database?.close());

/** How much of the table is read to find the last entry. */
async function pagesRead(where: string): Promise<number> {
  const client = await database.ownerPool.connect();
  try {
    await client.query(SETTINGS);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(`${PLAN} ${where}`);
    const plan = rows[0]!['QUERY PLAN'][0].Plan;
    return plan['Lossy Heap Blocks']! + plan['Exact Heap Blocks']!;
  } finally {
    client.release(true);
  }
}

const pages = async (): Promise<[number, number]> => [
  await pagesRead(`position > (SELECT last_value - 1 FROM entry_positions)`),
  await pagesRead(`recorded_at > now()`),
];

test('the index of entries leaves VACUUM alone, and is brought up to the last few pages, again and again', async () => {
  const summarise = new SummariseEntries(database.appPool);
  const [all] = await pages();
  expect(all).toBeGreaterThan(2 * MOST_PAGES);

  const vacuum = await database.ownerPool.connect();
  await vacuum.query('BEGIN; LOCK TABLE entries IN SHARE UPDATE EXCLUSIVE MODE');
  await summarise.run({ signal });
  await vacuum.query('ROLLBACK');
  vacuum.release();
  expect((await pages())[0]).toBe(all);

  await summarise.run({ signal });
  const [byPosition, byTime] = await pages();
  expect(byPosition).toBeLessThanOrEqual(MOST_PAGES);
  expect(byTime).toBeLessThanOrEqual(MOST_PAGES);

  await database.ownerPool.query(APPEND, [ENTRIES + 1, 2 * ENTRIES]);
  expect((await pages())[0]).toBeGreaterThan(2 * MOST_PAGES);
  await summarise.run({ signal });
  expect((await pages())[0]).toBeLessThanOrEqual(MOST_PAGES);
  await summarise.run({ signal });
});

test('whoever begins anew looks at all of it, and a reader cannot have it done', async () => {
  await new SummariseEntries(database.appPool).run({ signal });
  expect((await pages())[0]).toBeLessThanOrEqual(MOST_PAGES);
  const reader = await database.ownerPool.connect();
  await reader.query('SET ROLE credits_ledger_reader');
  await expect(reader.query('SELECT summarise_entries(0, 1)')).rejects.toThrow(/permission denied/);
  reader.release(true);
});
