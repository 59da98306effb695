import type { RecurringJob, Run } from '../workers/recurring-job.js';
import { forgetAnswers, FORGET_LIMIT } from './store/forget-answers.js';
import type { Queryable } from './store/queryable.js';

/** Lets go of answers that are no longer kept; keys, facts and entries stay for ever. */
export class ForgetOldAnswers implements RecurringJob {
  readonly name = 'forget-old-answers';
  readonly everyMs = 3_600_000;

  constructor(private readonly database: Queryable) {}

  async run({ signal }: Run): Promise<void> {
    while (!signal.aborted && (await forgetAnswers(this.database)) === FORGET_LIMIT);
  }
}
