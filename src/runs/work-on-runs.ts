import { Worker } from 'node:worker_threads';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { Pool } from 'pg';
import type { RecurringJob } from '../workers/recurring-job.js';
import { RUN_LOCK_CLASS } from './claim.js';
import { REPLAY_ACTIONS } from './run.js';
import type { RunThreadData } from './run-thread.js';

/** An unfinished run whose lock nobody has: just requested, or its worker was killed. */
const IS_THERE_WORK = `
SELECT EXISTS (
  SELECT FROM ops_runs WHERE state IN ('queued', 'running') AND action = ANY ($1) AND no NOT IN (
    SELECT objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND classid = ${RUN_LOCK_CLASS} AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))) AS work`;

/**
 * Has runs worked on, in one thread of each process that works. The row is the truth: a run that was killed with its
 * worker is met here again, by this process or another.
 */
export class WorkOnRuns implements RecurringJob, BeforeApplicationShutdown {
  static readonly jobName = 'work-on-runs';
  readonly name = WorkOnRuns.jobName;
  readonly everyMs = 2_000;
  private thread: Worker | undefined;
  private stopping = false;

  constructor(
    private readonly database: Pool,
    private readonly ownerUrl: string,
    private readonly log: { warn(message: string): void },
  ) {}

  /** Returns when the thread is started: a run may take hours. */
  async run(): Promise<void> {
    if (this.thread !== undefined) return;
    const { rows } = await this.database.query<{ work: boolean }>(IS_THERE_WORK, [REPLAY_ACTIONS]);
    if (rows[0]?.work !== true || this.thread !== undefined || this.stopping) return;
    const workerData: RunThreadData = { ownerUrl: this.ownerUrl };
    const thread = new Worker(new URL('./run-thread.js', import.meta.url), { workerData });
    this.thread = thread;
    thread.on('error', error => this.log.warn(`a run was interrupted and will go on: ${String(error)}`));
    thread.once('exit', () => (this.thread = undefined));
  }

  /** What is under way goes on in another process, or after the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.thread?.terminate();
  }
}
