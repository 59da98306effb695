import type { Mode } from '../../ledger/submission.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { workThrough } from '../../workers/work-through.js';
import type { StoredPolicies, TakenPolicy } from './stored-policies.js';

/** Accounts looked at at once in one run. */
const MOST_AT_ONCE = 16;
/** More than all requests of one look take, most often: where it is not, two look at once, which does nothing twice. */
const LEASE_MS = 180_000;
const PAUSE_AFTER_FAILURE_MS = 60_000;

export interface AutoTopUpWork {
  readonly policies: StoredPolicies;
  /** Modes there is a key of Stripe's for. */
  readonly modes: readonly Mode[];
  readonly look: (policy: TakenPolicy) => Promise<number | null>;
  readonly log: { warn(message: string): void };
}

/** Looks at accounts whose policy is due: the row is the job, and is due again where a worker dies over it. */
export class TopUpAutomatically implements RecurringJob {
  readonly name = 'top-up-automatically';
  readonly everyMs = 1_000;

  constructor(private readonly parts: AutoTopUpWork) {}

  async run({ signal }: Run): Promise<void> {
    const { policies, modes } = this.parts;
    if (modes.length === 0) return;
    await workThrough({
      take: most => policies.take(most, LEASE_MS, modes),
      work: policy => this.lookAt(policy),
      mostAtOnce: MOST_AT_ONCE,
      signal,
    });
  }

  private async lookAt(policy: TakenPolicy): Promise<void> {
    const { look, policies, log } = this.parts;
    let pauseMs: number | null = PAUSE_AFTER_FAILURE_MS;
    try {
      pauseMs = await look(policy);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      log.warn(`an automatic top-up of ${policy.mode} could not be worked on and is tried again: ${words}`);
    }
    await policies.next(policy, pauseMs);
  }
}
