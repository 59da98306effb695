import type { Job } from 'bullmq';
import type { JobData, JobQueue, Log } from './job-queue.js';
import type { JobRuns } from './job-runs.js';
import type { RecurringJob } from './recurring-job.js';

const WATCH_INTERVAL_MS = 1_000;
/** A run that is so much behind is made without waiting any longer for the queue to call for it. */
const LATE_MS = 1_500;

/**
 * Runs the recurring jobs of this process: when the queue calls for one, and by itself when nobody has run it in time,
 * because the queue is away, was emptied, or lost a worker at the wrong moment.
 */
export class JobRunner {
  private readonly byName: ReadonlyMap<string, RecurringJob>;
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly complaints = new Map<string, string>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly jobs: readonly RecurringJob[],
    private readonly runs: JobRuns,
    private readonly queue: JobQueue,
    private readonly log: Log,
  ) {
    this.byName = new Map(jobs.map(job => [job.name, job]));
  }

  start(): void {
    this.queue.start({ process: job => this.process(job), jobs: this.jobs });
    this.timer = setInterval(() => void this.watch(), WATCH_INTERVAL_MS);
  }

  /** What is under way ends early; the next run, here or elsewhere, goes on. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await Promise.all(this.underWay.values());
  }

  private async process(job: Job<JobData>): Promise<void> {
    const known = this.byName.get(job.name);
    // Of another version of the service, which finds the work by itself.
    if (known === undefined) return;
    const stopping = this.stopping.signal.aborted;
    // A tick. What becomes of the run is told by the run.
    if (job.repeatJobKey !== undefined) return stopping ? undefined : this.runOnce(known);
    // Somebody else tries again.
    if (stopping) throw new Error('the process was stopping');
    const { item } = job.data;
    if (item !== undefined) return known.retry?.(item);
    await this.run(known, 0);
  }

  private async watch(): Promise<void> {
    try {
      const last = new Map((await this.runs.last()).map(({ name, startedAgoMs }) => [name, startedAgoMs]));
      const late = this.jobs.filter(({ name, everyMs }) => (last.get(name) ?? Infinity) > everyMs + LATE_MS);
      for (const job of late) void this.runOnce(job);
      if (late.length > 0 && this.queue.answers) await this.queue.schedule(late);
      this.calm('watch');
    } catch (error) {
      this.complain('watch', `cannot tell which jobs are late: ${String(error)}`);
    }
  }

  /** Never throws: a failed run is noted, and tried again as a job of its own. */
  private runOnce(job: RecurringJob): Promise<void> {
    const already = this.underWay.get(job.name);
    if (already !== undefined) return already;
    const done = this.run(job, job.everyMs / 2)
      .then(isOurs => {
        // Of a run that somebody else makes nothing is known.
        if (isOurs) this.calm(job.name);
      })
      .catch(async (error: unknown) => {
        this.complain(job.name, `${job.name} failed and will be tried again: ${String(error)}`);
        await this.queue.tryAgain(job.name);
      })
      .finally(() => this.underWay.delete(job.name));
    this.underWay.set(job.name, done);
    return done;
  }

  /** @returns false where somebody else runs it, or has just done so */
  private async run(job: RecurringJob, notWithinMs: number): Promise<boolean> {
    const failures: Promise<void>[] = [];
    const failed = (item: string, error: unknown) => {
      this.log.warn(`${job.name} could not do ${item} and will try it again: ${String(error)}`);
      failures.push(this.queue.tryAgain(job.name, item));
    };
    const isOurs = await this.runs.once(job.name, notWithinMs, () => job.run({ signal: this.stopping.signal, failed }));
    await Promise.all(failures);
    return isOurs;
  }

  /** Once for as long as it stays the same. */
  private complain(about: string, message: string): void {
    if (this.complaints.get(about) === message) return;
    this.complaints.set(about, message);
    this.log.warn(message);
  }

  private calm(about: string): void {
    if (this.complaints.delete(about)) this.log.log(`${about} works again`);
  }
}
