import type { Counter } from 'prom-client';
import type { Mode } from '../../ledger/submission.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { workThrough } from '../../workers/work-through.js';
import { pauseAfter } from './patience.js';
import type { StoredEvents, TakenEvent } from './stored-events.js';

/** Events under way at once in one run. */
const MOST_AT_ONCE = 16;
const LONGEST_ERROR = 1_000;

export const EVENTS_JOB = 'work-on-stripe-events';

/** What came of an event, in words. */
export interface Outcome {
  readonly state: 'processed' | 'ignored';
  readonly words: string;
}

export interface EventWorkParts {
  readonly events: StoredEvents;
  /** Modes there is a key for: those of the others wait until there is one. */
  readonly modes: readonly Mode[];
  readonly act: (event: TakenEvent) => Promise<Outcome>;
  readonly settled: Counter<'state'>;
  readonly log: { warn(message: string): void };
  /** How long whoever takes one up has it. */
  readonly leaseMs: number;
}

/**
 * Works on what Stripe told. A row that is due is taken up, by a hint at once or by the next run; a worker that dies over
 * it leaves it to another. Whatever is done for it may be done twice: only facts take effect, and those once.
 */
export class WorkOnEvents implements RecurringJob {
  readonly name = EVENTS_JOB;
  readonly everyMs = 1_000;

  constructor(private readonly parts: EventWorkParts) {}

  async run({ signal }: Run): Promise<void> {
    const { events, modes, leaseMs } = this.parts;
    if (modes.length === 0) return;
    await workThrough({
      take: most => events.take(most, leaseMs, modes),
      work: event => this.workOn(event),
      mostAtOnce: MOST_AT_ONCE,
      signal,
    });
  }

  /** One that a hint named; where it is not due any more, somebody has it. */
  async retry(no: string): Promise<void> {
    const { events, modes, leaseMs } = this.parts;
    if (modes.length === 0 || !/^\d{1,18}$/.test(no)) return;
    const event = await events.takeOne(no, leaseMs, modes);
    if (event !== undefined) await this.workOn(event);
  }

  private async workOn(event: TakenEvent): Promise<void> {
    const { act, events, settled } = this.parts;
    let outcome: Outcome;
    try {
      outcome = await act(event);
    } catch (error) {
      return this.failed(event, error);
    }
    await events.settle(event, outcome.state, outcome.words);
    settled.inc({ state: outcome.state });
  }

  private async failed(event: TakenEvent, error: unknown): Promise<void> {
    const { events, settled, log } = this.parts;
    const words = String(error instanceof Error ? error.message : error).slice(0, LONGEST_ERROR);
    const pauseMs = pauseAfter(event.attempts, Math.random());
    await events.fail(event, words, pauseMs);
    settled.inc({ state: pauseMs === null ? 'dead' : 'failed' });
    if (pauseMs === null) log.warn(`Stripe's event ${event.id} is given up after ${event.attempts} attempts: ${words}`);
  }
}
