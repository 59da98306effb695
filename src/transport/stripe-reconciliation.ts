import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import { Runs } from '../runs/runs.js';
import type { ReconciliationArguments } from '../stripe/reconcile/reconcile-run.js';
import { RECONCILE_ACTION } from '../stripe/reconcile/work-on-reconciliations.js';
import { StripeClients } from '../stripe/stripe-clients.js';
import { parseRequest } from './requests/parse-request.js';
import { reconcileStripeRequest } from './requests/stripe-reconciliation.js';
import { RunCalls } from './runs.js';

/** Has Stripe compared with the ledger, of the mode of the key. On record with its actor and its reason. */
@Injectable()
export class StripeReconciliationCalls {
  constructor(
    private readonly clients: StripeClients,
    private readonly runs: Runs,
    private readonly answers: RunCalls,
  ) {}

  async reconcile(caller: Caller, body: unknown): Promise<string> {
    const { from, to, dry_run, reason } = parseRequest(reconcileStripeRequest, body, 'body');
    // Now, and not when a worker comes to it.
    this.clients.of(caller.mode);
    const asked: ReconciliationArguments = {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      dry_run,
    };
    return this.answers.json(await this.runs.queue(caller, RECONCILE_ACTION, asked, reason));
  }
}
