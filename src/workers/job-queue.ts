import type { Job, JobsOptions, Queue, Worker } from 'bullmq';
import { openQueue, openWorker, type QueueStore } from './queue-connections.js';
import type { RecurringJob } from './recurring-job.js';

/** What a job carries: nothing, or the one thing of a run that failed. */
export interface JobData {
  readonly item?: string;
}

export interface Log {
  debug(message: string): void;
  log(message: string): void;
  warn(message: string): void;
}

const CHECK_INTERVAL_MS = 2_000;
const ANSWER_TIMEOUT_MS = 3_000;
/** A connection that stays useless for so long is replaced: one that failed while it was being made never recovers. */
const REPLACE_AFTER_MS = 8_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** A tick is only a hint: how its run went is remembered with the run. */
const TICK: JobsOptions = { removeOnComplete: true, removeOnFail: true };
const MOST_DEAD_LETTERS = 10_000;

/** How often, and after which pause, doubled each time, what failed is tried again before it is a dead letter. */
export interface Patience {
  readonly attempts: number;
  readonly firstPauseMs: number;
}

/** About two minutes in all. */
const PATIENCE: Patience = { attempts: 8, firstPauseMs: 1_000 };

/**
 * BullMQ, on PostgreSQL or Redis: hints when to run what, and jobs that failed. Whatever it holds may be lost, late or
 * doubled; nothing but punctuality rests on it. Its absence is said once, and is never an error of whoever asks.
 */
export class JobQueue {
  private connections: { readonly queue: Queue<JobData>; readonly worker: Worker<JobData> | null };
  private work: {
    readonly process: (job: Job<JobData>) => Promise<void>;
    readonly jobs: readonly RecurringJob[];
  } | null = null;
  /** Schedules of jobs that this process does not have were removed. */
  private tidied = false;
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<void> | undefined;
  private awaySince: number | undefined;
  private replaceAt = 0;

  constructor(
    private readonly store: QueueStore,
    private readonly log: Log,
    private readonly patience: Patience = PATIENCE,
  ) {
    this.connections = this.open();
  }

  get type(): QueueStore['type'] {
    return this.store.type;
  }

  /** As of the last look, a few seconds ago at most. */
  get answers(): boolean {
    return this.awaySince === undefined;
  }

  get queue(): Queue<JobData> {
    return this.connections.queue;
  }

  /** @param work what to do with jobs; null where this process only looks at them */
  start(work: JobQueue['work']): void {
    this.work = work;
    if (work !== null) this.connections = { ...this.connections, worker: this.openWorker() };
    this.timer = setInterval(() => void this.check(), CHECK_INTERVAL_MS);
    void this.check();
  }

  /** Jobs under way come to their end, where the queue lets them within five seconds. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.checking;
    await close(this.connections, this.answers);
  }

  /** Has it tried again later. The same failure is one job, however often it is met. */
  async tryAgain(name: string, item?: string): Promise<void> {
    const { attempts, firstPauseMs: delay } = this.patience;
    const options: JobsOptions = {
      jobId: item === undefined ? name : `${name}-${item}`,
      attempts,
      delay,
      backoff: { type: 'exponential', delay },
      removeOnComplete: true,
      removeOnFail: { count: MOST_DEAD_LETTERS },
    };
    const data = item === undefined ? {} : { item };
    await this.ask(queue => queue.add(name, data, options)).catch(this.noteAway);
  }

  /** Has one thing of a job done soon, without waiting for its next run; whatever becomes of that, the run finds it too. */
  hint(name: string, item: string): void {
    const options = { ...TICK, jobId: `${name}-${item}` };
    this.ask(queue => queue.add(name, { item }, options)).catch(this.noteAway);
  }

  /** Sets the clock of these jobs going (again), which a flushed or restarted queue has forgotten. */
  async schedule(jobs: readonly RecurringJob[]): Promise<void> {
    for (const { name, everyMs } of jobs) {
      await this.ask(queue => queue.upsertJobScheduler(name, { every: everyMs }, { name, opts: TICK }));
    }
  }

  /**
   * What this process lacks is scheduled. What others schedule is removed once, when it begins: nobody may need it any
   * more. A replica of another version that does has it back at its next look, and is then left alone.
   */
  private async keepScheduled(jobs: readonly RecurringJob[]): Promise<void> {
    const scheduled = (await this.ask(queue => queue.getJobSchedulers())).map(({ key }) => key);
    if (this.tidied) return this.schedule(jobs.filter(({ name }) => !scheduled.includes(name)));
    const names = jobs.map(({ name }) => name);
    for (const key of scheduled) {
      if (!names.includes(key)) await this.ask(queue => queue.removeJobScheduler(key));
    }
    await this.schedule(jobs);
    this.tidied = true;
  }

  /** @throws Error where the queue does not answer in time */
  async ask<T>(question: (queue: Queue<JobData>) => Promise<T>): Promise<T> {
    const answer = question(this.connections.queue);
    // It may yet fail when nobody listens any more.
    answer.catch(() => {});
    return within(ANSWER_TIMEOUT_MS, answer);
  }

  private check(): Promise<void> {
    return (this.checking ??= this.look().finally(() => (this.checking = undefined)));
  }

  private async look(): Promise<void> {
    try {
      if (this.work === null) await this.ask(queue => queue.getJobSchedulersCount());
      else await this.keepScheduled(this.work.jobs);
      if (this.awaySince !== undefined) this.log.warn('the job queue answers again');
      this.awaySince = undefined;
    } catch (error) {
      this.noteAway(error);
      if (Date.now() >= this.replaceAt) await this.replace();
    }
  }

  private readonly noteAway = (error: unknown): void => {
    if (this.awaySince !== undefined) return;
    this.awaySince = Date.now();
    this.replaceAt = this.awaySince + REPLACE_AFTER_MS;
    this.log.warn(`the job queue does not answer, due work is done without it: ${String(error)}`);
  };

  private async replace(): Promise<void> {
    this.replaceAt = Date.now() + REPLACE_AFTER_MS;
    const before = this.connections;
    this.connections = this.open();
    await close(before, false);
  }

  private open(): JobQueue['connections'] {
    const queue: Queue<JobData> = openQueue(this.store);
    queue.on('error', error => this.log.debug(`job queue: ${String(error)}`));
    return { queue, worker: this.work === null ? null : this.openWorker() };
  }

  private openWorker(): Worker<JobData> {
    const worker: Worker<JobData> = openWorker(this.store, this.work!.process);
    worker.on('error', error => this.log.debug(`job worker: ${String(error)}`));
    return worker;
  }
}

/**
 * @param wait until jobs are off the hands of the worker; a queue that is away would have it wait for ever, and so would
 * one that goes away now: then it is left to the end of the process
 */
async function close({ queue, worker }: { queue: Queue; worker: Worker | null }, wait: boolean): Promise<void> {
  const closing = [worker?.close(!wait), queue.close()].map(each => within(CLOSE_TIMEOUT_MS, Promise.resolve(each)));
  await Promise.allSettled(closing);
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
