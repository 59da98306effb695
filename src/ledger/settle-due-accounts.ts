import { performance } from 'node:perf_hooks';
import { LedgerError } from '../shared/ledger-error.js';
import type { RecurringJob, Run } from '../workers/recurring-job.js';
import { findDueAccounts, type DueAccount } from './store/due-accounts.js';
import type { Queryable } from './store/queryable.js';
import type { WritePath } from './write-path.js';

/** Accounts looked at together. */
const PAGE_LIMIT = 200;
/** A lane's clock may be a little behind; an account that is due by a hair is left to the next run. */
const CLEARLY_DUE_MS = 250;
/** One that somebody holds locked must not keep the others waiting for longer. */
const LOOK_DEADLINE_MS = 2_000;
/** An account that cannot be settled is left alone for so long, so that those behind it have their turn. */
const REST_MS = 60_000;
const RESTING_LIMIT = 1_000;
const ITEM = /^(live|test)-([1-9][0-9]{0,15})$/;

/**
 * Books what time did to accounts that nobody touches: holds that ended return their credits, lots that are over expire.
 * It only has them settled, by the write path, which settles whatever it meets; so it does early and for everybody
 * to see what the next caller would have found done, and can neither be wrong nor do anything twice.
 */
export class SettleDueAccounts implements RecurringJob {
  readonly name = 'settle-due';
  readonly everyMs = 1_000;
  /** Until when, by account number. */
  private readonly resting = new Map<number, number>();

  constructor(
    private readonly database: Queryable,
    private readonly writePath: Pick<WritePath, 'settle'>,
  ) {}

  async run({ signal, failed }: Run): Promise<void> {
    this.wake();
    while (!signal.aborted) {
      const but = [...this.resting.keys()];
      const due = await findDueAccounts(this.database, { sinceMs: CLEARLY_DUE_MS, but, limit: PAGE_LIMIT });
      const outcomes = await Promise.allSettled(due.map(account => this.settle(account)));
      const busy: unknown[] = [];
      outcomes.forEach((outcome, i) => {
        if (outcome.status === 'fulfilled') return;
        if (outcome.reason instanceof LedgerError && outcome.reason.code === 'busy') busy.push(outcome.reason);
        else this.rest(due[i]!, outcome.reason, failed);
      });
      // Found again by the next run, in a second.
      if (busy.length > 0) throw new Error(`${busy.length} accounts could not be settled: ${String(busy[0])}`);
      if (due.length < PAGE_LIMIT) return;
    }
  }

  async retry(item: string): Promise<void> {
    const [, mode, no] = ITEM.exec(item) ?? [];
    if (mode === undefined) throw new Error(`${item} names no account`);
    await this.settle({ mode: mode as DueAccount['mode'], no: Number(no) });
    this.resting.delete(Number(no));
  }

  private settle({ mode, no }: DueAccount): Promise<void> {
    const deadlineAt = performance.now() + LOOK_DEADLINE_MS;
    return this.writePath.settle({ mode, accountNo: no, missing: 'not_found', deadlineAt });
  }

  private rest({ mode, no }: DueAccount, error: unknown, failed: Run['failed']): void {
    if (this.resting.size >= RESTING_LIMIT) {
      throw new Error(`more than ${RESTING_LIMIT} accounts cannot be settled, the last one because: ${String(error)}`);
    }
    this.resting.set(no, Date.now() + REST_MS);
    failed(`${mode}-${no}`, error instanceof LedgerError ? (error.cause ?? error) : error);
  }

  private wake(): void {
    const now = Date.now();
    for (const [no, until] of this.resting) if (until <= now) this.resting.delete(no);
  }
}
