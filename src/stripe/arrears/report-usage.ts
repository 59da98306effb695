import type { Counter } from 'prom-client';
import type { IdCodec } from '../../ids/id-codec.js';
import type { Mode } from '../../ledger/submission.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { idOf } from '../intake/subject.js';
import type { StripeClients } from '../stripe-clients.js';
import { identifierOf } from './identifier.js';
import type { StoredReports, TakenReport } from './stored-reports.js';
import { fateAfterFailure, fateBeforeSending, type Fate } from './what-came-of-it.js';

/** Taken up at once; those of one customer and meter go one after the other. */
const MOST_AT_ONCE = 64;
/** How long whoever takes one up has it. */
const LEASE_MS = 120_000;
/** Two tries of each of three requests: what could take longer than the lease is not begun. */
const LONGEST_ATTEMPT_MS = 50_000;
const LONGEST_ERROR = 1_000;

const NOBODY =
  'Stripe has no customer for it: neither the subscription is one of Stripe’s nor has the account bought anything';

export interface UsageReportParts {
  readonly reports: StoredReports;
  readonly clients: StripeClients;
  readonly ids: IdCodec;
  readonly settled: Counter<'state'>;
  readonly log: { warn(message: string): void };
  /** Milliseconds; Stripe's clock, or near it. */
  readonly now: () => number;
}

/** Nobody is there to be billed; somebody may be soon. */
class NoCustomer extends Error {
  override readonly name = 'NoCustomer';
}

/**
 * Reports what was used of lent credits to Stripe's meters, each under an identifier of its entry, so that a report that is
 * sent twice counts once. Stripe takes one call for a customer and meter at a time.
 */
export class ReportUsage implements RecurringJob {
  readonly name = 'report-usage';
  readonly everyMs = 1_000;

  constructor(private readonly parts: UsageReportParts) {}

  async run({ signal }: Run): Promise<void> {
    const { reports, clients, now } = this.parts;
    if (clients.modes.length === 0) return;
    while (!signal.aborted) {
      const until = now() + LEASE_MS - LONGEST_ATTEMPT_MS;
      const taken = await reports.take(MOST_AT_ONCE, LEASE_MS, clients.modes);
      await Promise.all([...queuesOf(taken).values()].map(queue => this.inTurn(queue, until, signal)));
      if (taken.length < MOST_AT_ONCE) return;
    }
  }

  /** What is left when there is no time for it any more is due again by itself. */
  private async inTurn(queue: readonly TakenReport[], until: number, signal: AbortSignal): Promise<void> {
    for (const report of queue) {
      if (signal.aborted || this.parts.now() > until) return;
      await this.work(report);
    }
  }

  private async work(report: TakenReport): Promise<void> {
    const { reports, settled, log, now } = this.parts;
    const attempted = {
      attempts: report.attempts,
      usedAt: report.usedAt.getTime(),
      sentBefore: report.sentBefore?.getTime() ?? null,
    };
    let fate = fateBeforeSending(attempted, now());
    let customer: string | null = null;
    if (fate === null) {
      try {
        customer = await this.customerOf(report);
        await this.send(report, customer);
        fate = { state: 'reported' };
      } catch (error) {
        fate = shortened(fateAfterFailure(error, attempted, Math.random()));
        // It was not even sent.
        if (error instanceof NoCustomer && attempted.sentBefore === null) fate = unsent(fate);
      }
    }
    await reports.settle(report, fate, customer);
    settled.inc({ state: fate.state });
    if (fate.state !== 'refused' && fate.state !== 'unsure') return;
    log.warn(`usage ${this.identifier(report)} of ${report.account} is not reported, ${fate.state}: ${fate.error}`);
  }

  private async send(report: TakenReport, customer: string): Promise<void> {
    await this.parts.clients.of(report.mode).billing.meterEvents.create({
      event_name: report.meter,
      identifier: this.identifier(report),
      timestamp: Math.floor(report.usedAt.getTime() / 1_000),
      payload: { stripe_customer_id: customer, value: report.quantity },
    });
  }

  /** Whoever pays for the subscription; else the customer that the account is when it buys. */
  private async customerOf(report: TakenReport): Promise<string> {
    const { reports, clients } = this.parts;
    if (report.customer !== null) return report.customer;
    const id = await reports.stripeSubscription(report);
    const subscription = id === undefined ? undefined : await clients.of(report.mode).subscriptions.retrieve(id);
    const customer = idOf(subscription?.customer) ?? (await reports.customer(report));
    if (customer === undefined) throw new NoCustomer(NOBODY);
    return customer;
  }

  private identifier(report: TakenReport): string {
    return identifierOf(this.parts.ids, report);
  }
}

function queuesOf(taken: readonly TakenReport[]): Map<string, TakenReport[]> {
  const queues = new Map<string, TakenReport[]>();
  for (const report of taken) {
    const of = JSON.stringify([report.mode satisfies Mode, report.account, report.meter]);
    queues.set(of, [...(queues.get(of) ?? []), report]);
  }
  return queues;
}

function unsent(fate: Fate): Fate {
  if (fate.state === 'failed') return { ...fate, isSent: false };
  return fate.state === 'unsure' ? { ...fate, state: 'refused' } : fate;
}

function shortened(fate: Fate): Fate {
  return fate.state === 'reported' ? fate : { ...fate, error: fate.error.slice(0, LONGEST_ERROR) };
}
