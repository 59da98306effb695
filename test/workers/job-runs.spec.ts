import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { JobRuns } from '../../src/workers/job-runs.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const MINUTE_MS = 60_000;

describe('a run of a job', () => {
  let database: TestDatabase;
  let runs: JobRuns;
  let made: number;
  const work = async (): Promise<void> => void made++;

  beforeAll(async () => {
    database = await createTestDatabase();
    runs = new JobRuns(database.appPool);
  });

  beforeEach(async () => {
    await database.ownerPool.query('TRUNCATE job_runs');
    made = 0;
  });

  afterAll(() => database.close());

  test('is not made again by whoever comes right after it', async () => {
    expect(await runs.once('job', MINUTE_MS, work)).toBe(true);
    expect(await runs.once('job', MINUTE_MS, work)).toBe(false);
    expect(await runs.once('another', MINUTE_MS, work)).toBe(true);
    expect(await runs.once('job', 0, work)).toBe(true);
    expect(made).toBe(3);
  });

  test('is not made while another is under way, and its lock is gone with whoever had it', async () => {
    // Gone, not only told to go: what it had is let go of after its client has heard that it ends.
    const connections = `SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const cutOff = runs.once('job', 0, async () => {
      expect(await runs.once('job', 0, work)).toBe(false);
      await database.ownerPool.query(connections);
    });
    await expect(cutOff).rejects.toThrow();
    expect(made).toBe(0);
    expect(await runs.once('job', 0, work)).toBe(true);
  });

  test('is made although the last one was noted by a clock that has been set back since', async () => {
    await runs.once('job', MINUTE_MS, work);
    await database.ownerPool.query(`UPDATE job_runs SET started_at = now() + interval '1 hour'`);
    expect(await runs.once('job', MINUTE_MS, work)).toBe(true);
    expect((await runs.last()).map(({ startedAgoMs }) => startedAgoMs < MINUTE_MS)).toEqual([true]);
  });
});
