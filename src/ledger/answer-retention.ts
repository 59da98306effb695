import { forgetAnswers, FORGET_LIMIT } from './store/forget-answers.js';
import type { Queryable } from './store/queryable.js';

const INTERVAL_MS = 3_600_000;

/** Lets go of answers that are no longer kept, an hour at a time. Any number of replicas may do it; one is enough. */
export class AnswerRetention {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly database: Queryable,
    private readonly log: { warn(message: string): void },
  ) {}

  start(): void {
    this.timer = setInterval(() => (this.running = this.run()), INTERVAL_MS);
    this.timer.unref();
  }

  /** Once through everything that is due. */
  async run(): Promise<void> {
    try {
      while (!this.stopping && (await forgetAnswers(this.database)) === FORGET_LIMIT);
    } catch (error) {
      this.log.warn(`old answers could not be let go of, the next attempt is in an hour: ${String(error)}`);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.running;
  }
}
