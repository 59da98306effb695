import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { UnitTotalsProjection } from '../../src/balances/unit-totals-projection.js';
import { createCheckpoint } from '../../src/projections/checkpoints.js';
import { LedgerMetrics } from '../../src/workers/ledger-metrics.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { openEngine } from '../support/engine.js';
import { Teller } from '../support/teller.js';
import { startWorker, type WorkerReplica } from '../support/worker-replica.js';

describe('what operators are to be alarmed by', () => {
  let database: TestDatabase;
  let worker: WorkerReplica;

  beforeAll(async () => {
    database = await createTestDatabase();
    worker = startWorker(database, undefined, [
      {
        name: 'shaky',
        everyMs: 200,
        run: async () => {
          throw new Error('not today');
        },
      },
      {
        name: 'poison',
        everyMs: 200,
        run: async ({ failed }) => {
          for (const item of ['live-1', 'live-2']) failed(item, new Error('poison'));
        },
        retry: async () => {
          throw new Error('still poison');
        },
      },
    ]);
  });

  afterAll(async () => {
    await worker.stop();
    await database.close();
  });

  /** As a scrape finds it that comes after a while, from a PostgreSQL that answers it in time. */
  async function scrape(): Promise<Map<string, number>> {
    let told = new Map<string, number>();
    // The last that is read: without it, not all of it was read in time.
    await eventually(async () => (told = await scrapeOnce()).has('credits_jobs{state="failed"}'));
    return told;
  }

  async function scrapeOnce(): Promise<Map<string, number>> {
    const registry = new Registry();
    const { runs, queue } = worker;
    // It registers itself.
    void new LedgerMetrics({ pool: database.appPool, runs, queue, log: { warn: () => {} } }, registry);
    const lines = (await registry.metrics()).split('\n').filter(line => line.startsWith('credits_'));
    return new Map(
      lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }

  test('is told: runs that fail one after another', async () => {
    const failures = 'credits_job_consecutive_failures{job="shaky"}';
    await eventually(async () => ((await scrape()).get(failures) ?? 0) >= 3);
    const ofPoison = 'credits_job_consecutive_failures{job="poison"}';
    await eventually(async () => (await scrape()).get(ofPoison) === 0);
    expect((await scrape()).has('credits_job_last_success_timestamp_seconds{job="shaky"}')).toBe(false);
  });

  test('is told: dead letters', async () => {
    // Those of the items, and in the end that of the run which never succeeds.
    await eventually(async () => ((await scrape()).get('credits_jobs{state="failed"}') ?? 0) >= 2);
  });

  test('is told: a projection that nobody moves, in entries and in seconds', async () => {
    await createCheckpoint(database.ownerPool, new UnitTotalsProjection());
    const engine = await openEngine(database);
    const teller = new Teller(engine);
    for (let n = 0; n < 3; n++) await teller.grant('waits', 1);
    await engine.writePath.drain();
    const oldest = `SELECT extract(epoch FROM clock_timestamp() - min(recorded_at))::float8 AS seconds FROM entries`;
    const atLeast = (await database.ownerPool.query<{ seconds: number }>(oldest)).rows[0]!.seconds;
    const told = await scrape();
    expect(told.get('credits_follower_lag_entries{projection="unit_totals"}')).toBe(3);
    expect(told.get('credits_follower_lag_seconds{projection="unit_totals"}')).toBeGreaterThanOrEqual(atLeast);
  });
});
