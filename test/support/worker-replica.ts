import { pino } from 'pino';
import { createAppPool } from '../../src/database/connections.js';
import { DeadLetters } from '../../src/workers/dead-letters.js';
import { JobQueue } from '../../src/workers/job-queue.js';
import { JobRunner } from '../../src/workers/job-runner.js';
import { JobRuns } from '../../src/workers/job-runs.js';
import { JOB_SESSION } from '../../src/workers/job-session.js';
import { storeOf } from '../../src/workers/queue-connections.js';
import type { RecurringJob } from '../../src/workers/recurring-job.js';
import type { TestDatabase } from './database.js';

/** What failed is a dead letter within half a second. */
const PATIENCE = { attempts: 3, firstPauseMs: 50 };

/** What one worker process has of jobs, in this process. */
export interface WorkerReplica {
  readonly queue: JobQueue;
  readonly runs: JobRuns;
  readonly letters: DeadLetters;
  /** What it warned of, in order. */
  readonly said: string[];
  stop(): Promise<void>;
}

/** @param redisUrl undefined: on the database */
export function startWorker(
  database: Pick<TestDatabase, 'appLogin'>,
  redisUrl: string | undefined,
  jobs: readonly RecurringJob[],
): WorkerReplica {
  const logger = pino({ level: 'silent' });
  const pool = createAppPool({ login: database.appLogin, logger, maxConnections: 8, settings: JOB_SESSION });
  const said: string[] = [];
  const log = { debug: () => {}, log: () => {}, warn: (message: string) => void said.push(message) };
  const queue = new JobQueue(storeOf(redisUrl, pool), log, PATIENCE);
  const runs = new JobRuns(pool);
  const runner = new JobRunner(jobs, runs, queue, log);
  runner.start();
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await runner.stop();
    await queue.stop();
    await pool.end();
  };
  return { queue, runs, said, letters: new DeadLetters(queue), stop: () => (stopped ??= stop()) };
}
