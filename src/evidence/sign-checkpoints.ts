import type { Pool } from 'pg';
import type { RecurringJob } from '../workers/recurring-job.js';
import { signLog } from './log/sign-log.js';
import { loadSigningKey } from './signing-key.js';

/** What operators choose about checkpoints. */
export interface CheckpointChoices {
  /** CHECKPOINT_KEY; undefined for the ledger's own. */
  readonly key: string | undefined;
  readonly everySeconds: number;
}

/** The choices; the application's root provides them. */
export const CHECKPOINT_CHOICES = Symbol('CHECKPOINT_CHOICES');

/** Signs the log as it stands, as long as it grows. */
export class SignCheckpoints implements RecurringJob {
  readonly name = 'sign-checkpoints';
  readonly everyMs: number;

  constructor(
    private readonly pool: Pool,
    private readonly choices: CheckpointChoices,
  ) {
    this.everyMs = choices.everySeconds * 1_000;
  }

  async run(): Promise<void> {
    await signLog(this.pool, await loadSigningKey(this.pool, this.choices.key));
  }
}
