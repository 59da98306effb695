import type { Client, Pool } from 'pg';
import { Stripe } from 'stripe';
import { claimNext, letGo } from '../../runs/claim.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { refusalOf } from '../stripe-refusal.js';
import type { Finding } from './difference.js';
import type { Reconcile } from './reconcile.js';
import type { Span } from './span.js';
import {
  resultWith,
  type ReconciliationArguments,
  type ReconciliationProgress,
  type ReconciliationResult,
  type ReconciliationRun,
} from './reconcile-run.js';

export const RECONCILE_ACTION = 'reconcile';

/** Most often there is nothing, which costs no connection. */
const IS_THERE_WORK = `
SELECT EXISTS (SELECT FROM ops_runs WHERE state IN ('queued', 'running') AND action = $1) AS work`;
const SAVE = `
UPDATE ops_runs SET progress = $2, result = $3 WHERE no = $1 RETURNING cancel_requested AS "cancelRequested"`;
const FINISH = `
UPDATE ops_runs SET state = $2, result = coalesce(result, '{}') || $3, finished_at = clock_timestamp() WHERE no = $1`;

export interface ReconciliationParts {
  readonly reconcile: Reconcile;
  readonly pool: Pool;
  /** A connection of one's own: whoever works on a run holds its lock for as long as it lives. */
  readonly createClient: () => Client;
}

/**
 * Works on reconciliations that were asked for over HTTP, one after the other. Every object is saved when it is done, so
 * whoever takes over after a kill goes on behind it; what was repaired twice took effect once.
 */
export class WorkOnReconciliations implements RecurringJob {
  readonly name = 'work-on-reconciliations';
  readonly everyMs = 2_000;

  constructor(private readonly parts: ReconciliationParts) {}

  async run({ signal }: Run): Promise<void> {
    const { pool, createClient } = this.parts;
    if (!(await pool.query<{ work: boolean }>(IS_THERE_WORK, [RECONCILE_ACTION])).rows[0]!.work) return;
    const client = createClient();
    client.on('error', () => {});
    await client.connect();
    try {
      while (!signal.aborted) {
        const run = (await claimNext(client, [RECONCILE_ACTION])) as ReconciliationRun | null;
        if (run === null) return;
        await this.workOn(client, run, signal);
        await letGo(client, run.no);
      }
    } finally {
      await client.end();
    }
  }

  private async workOn(client: Client, run: ReconciliationRun, signal: AbortSignal): Promise<void> {
    try {
      const end = await this.compare(client, run, signal);
      if (end !== 'interrupted') await client.query(FINISH, [run.no, end, {}]);
    } catch (error) {
      if (isPassing(error)) throw error;
      const words = error instanceof Error ? error.message : String(error);
      await client.query(FINISH, [run.no, 'failed', { error: words }]);
    }
  }

  private async compare(
    client: Client,
    run: ReconciliationRun,
    signal: AbortSignal,
  ): Promise<'done' | 'cancelled' | 'interrupted'> {
    const { reconcile } = this.parts;
    const { from, to } = run.arguments as unknown as ReconciliationArguments;
    const place = { mode: run.mode!, stripeAccount: null };
    const span = { from: Date.parse(from), to: Date.parse(to) };
    const objects = await reconcile.objects(place, span);
    const last = run.progress?.last_object ?? null;
    let { result } = run;
    for (const [done, object] of objects.entries()) {
      if (last !== null && object <= last) continue;
      if (signal.aborted) return 'interrupted';
      result = resultWith(result, await this.findings(run, object, span));
      const progress = { objects: done + 1, objects_expected: objects.length, last_object: object, attempts: 1 };
      if (await save(client, run, progress, result)) return 'cancelled';
    }
    return 'done';
  }

  private async findings(run: ReconciliationRun, object: string, span: Span): Promise<Finding[]> {
    const { reconcile } = this.parts;
    const { dry_run: isDryRun } = run.arguments as unknown as ReconciliationArguments;
    const place = { mode: run.mode!, stripeAccount: null };
    const findings: Finding[] = [];
    for (const difference of await reconcile.differencesOf(place, object, span)) {
      findings.push(isDryRun ? { ...difference, repair: null } : await reconcile.repair(place, difference));
    }
    return findings;
  }
}

/** Whoever cannot be reached now may be in a while: the next worker goes on. */
function isPassing(error: unknown): boolean {
  if (error instanceof Stripe.errors.StripeError) return refusalOf(error).retryable;
  return error instanceof LedgerError && error.retryable;
}

/** @returns whether somebody wants it to end */
async function save(
  client: Client,
  { no }: ReconciliationRun,
  progress: ReconciliationProgress,
  result: ReconciliationResult,
): Promise<boolean> {
  const { rows } = await client.query<{ cancelRequested: boolean }>(SAVE, [no, progress, result]);
  return rows[0]?.cancelRequested === true;
}
