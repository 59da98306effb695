import { LedgerError } from '../shared/ledger-error.js';
import type { JobData, JobQueue } from './job-queue.js';
import type { Job } from 'bullmq';

/** A job that was tried as often as it may be, and is kept until somebody has it tried again. */
export interface DeadLetter {
  readonly id: string;
  readonly name: string;
  /** The one thing of a run that failed; null where the whole run did. */
  readonly item: string | null;
  readonly attempts: number;
  readonly error: string;
  readonly createdAt: Date;
  readonly failedAt: Date;
}

const PRINTABLE = /^[\x21-\x7e]{1,255}$/;

/** What the queue keeps of failed work. The work itself is in the tables: whatever is lost here is found there again. */
export class DeadLetters {
  constructor(private readonly queue: JobQueue) {}

  /**
   * Those that failed last come first.
   * @param skip how many to leave out
   * @throws LedgerError busy where the queue does not answer
   */
  async list(skip: number, limit: number): Promise<DeadLetter[]> {
    const failed = await this.queue.ask(queue => queue.getFailed(skip, skip + limit - 1)).catch(away);
    return (failed as Job<JobData>[]).map(letterOf);
  }

  /** @throws LedgerError job_not_found where it is not among the failed ones, busy where the queue does not answer */
  async mustExist(id: string): Promise<void> {
    await this.failed(id);
  }

  /**
   * Has it tried again from the first attempt on, at once.
   * @throws LedgerError job_not_found where it is not among the failed ones, busy where the queue does not answer
   */
  async retry(id: string): Promise<void> {
    const job = await this.failed(id);
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true }).catch(away);
  }

  private async failed(id: string): Promise<Job<JobData>> {
    // Nothing else is the id of a job, and PostgreSQL has no text with some of it.
    const job = PRINTABLE.test(id) ? await this.queue.ask(queue => queue.getJob(id)).catch(away) : undefined;
    if (job === undefined || !(await job.isFailed().catch(away))) {
      throw new LedgerError('job_not_found', 'no such job among those that failed');
    }
    return job;
  }
}

function letterOf(job: Job<JobData>): DeadLetter {
  return {
    id: job.id!,
    name: job.name,
    item: job.data.item ?? null,
    attempts: job.attemptsMade,
    error: job.failedReason ?? '',
    createdAt: new Date(job.timestamp),
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}

function away(cause: unknown): never {
  throw new LedgerError('busy', 'the job queue does not answer', {}, true, { cause });
}
