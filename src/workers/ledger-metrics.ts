import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import { readProjectionStatus } from '../projections/projection-status.js';
import type { JobQueue } from './job-queue.js';
import type { JobRuns } from './job-runs.js';

/** Scrapes that come sooner get the same numbers, however many Prometheus there are. */
const REFRESH_MS = 10_000;
/** A scrape gets what was known before, where PostgreSQL takes longer. */
const LONGEST_WAIT_MS = 2_000;

const UNIT_TOTALS = `
SELECT t.mode, t.unit, (t.available / power(10::numeric, u.scale))::float8 AS available,
       (t.held / power(10::numeric, u.scale))::float8 AS held, (t.debt / power(10::numeric, u.scale))::float8 AS debt
FROM unit_totals t JOIN units u ON u.unit = t.unit`;

/** By the endpoint's state: those that are disabled wait on purpose. */
const WEBHOOKS = `
SELECT CASE WHEN e.enabled THEN 'enabled' ELSE 'disabled' END AS state, count(DISTINCT e.no)::int AS endpoints,
       coalesce(sum(s.last_sequence - s.delivered_sequence), 0)::float8 AS waiting,
       coalesce(extract(epoch FROM clock_timestamp() - min(s.failing_since)), 0)::float8 AS failing
FROM webhook_endpoints e LEFT JOIN webhook_streams s ON s.endpoint = e.no AND s.next_attempt_at IS NOT NULL
WHERE e.deleted_at IS NULL
GROUP BY 1`;

/** What waits is in an index of its own, and what is given up is little. */
const STRIPE_EVENTS = `
SELECT count(*) FILTER (WHERE state = 'received')::int AS received, count(*) FILTER (WHERE state = 'failed')::int AS failed,
       coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8 AS oldest,
       (SELECT count(*)::int FROM stripe_events WHERE mode IN ('live', 'test') AND state = 'dead') AS dead
FROM stripe_events WHERE next_attempt_at IS NOT NULL`;

/** As with events: what waits is in an index of its own, and what people have to see to is little. */
const METER_REPORTS = `
SELECT count(*) FILTER (WHERE state = 'waiting')::int AS waiting, count(*) FILTER (WHERE state = 'failed')::int AS failed,
       coalesce(extract(epoch FROM clock_timestamp() - min(used_at) FILTER (WHERE mode = 'live')), 0)::float8 AS oldest,
       (SELECT count(*)::int FROM meter_reports WHERE mode IN ('live', 'test') AND state = 'refused') AS refused,
       (SELECT count(*)::int FROM meter_reports WHERE mode IN ('live', 'test') AND state = 'unsure') AS unsure
FROM meter_reports WHERE next_attempt_at IS NOT NULL`;

interface UnitTotal {
  readonly mode: string;
  readonly unit: string;
  readonly available: number;
  readonly held: number;
  readonly debt: number;
}

interface StripeTotal {
  readonly received: number;
  readonly failed: number;
  readonly dead: number;
  readonly oldest: number;
}

interface ReportTotal {
  readonly waiting: number;
  readonly failed: number;
  readonly refused: number;
  readonly unsure: number;
  readonly oldest: number;
}

interface WebhookTotal {
  readonly state: 'enabled' | 'disabled';
  readonly endpoints: number;
  readonly waiting: number;
  readonly failing: number;
}

/**
 * What is true of the ledger and not of one process: followers, jobs, and what all accounts have. Each question is a few
 * rows long: no scrape reads accounts or entries that are followed already. Every process that runs jobs tells the same.
 */
export class LedgerMetrics {
  private readonly gauges;
  private refreshedAt = -Infinity;
  private refreshing: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: { pool: Pool; runs: JobRuns; queue: JobQueue; log: { warn(message: string): void } },
    registry: Registry,
  ) {
    const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> => {
      const made = new Gauge({ name, help, labelNames, registers: [registry], collect: () => this.refresh() });
      return made;
    };
    this.gauges = {
      available: gauge('credits_available', 'What all accounts can spend, in whole units.', ['mode', 'unit']),
      held: gauge('credits_held', 'What reservations of all accounts hold, in whole units.', ['mode', 'unit']),
      debt: gauge('credits_debt', 'What all accounts owe, in whole units.', ['mode', 'unit']),
      lag: gauge('credits_follower_lag_seconds', 'For how long the oldest entry waits that is not yet followed.', [
        'projection',
      ]),
      behind: gauge('credits_follower_lag_entries', 'Entries that are not yet followed.', ['projection']),
      succeeded: gauge('credits_job_last_success_timestamp_seconds', 'When the job last succeeded.', ['job']),
      failures: gauge('credits_job_consecutive_failures', 'Runs of the job in a row that failed.', ['job']),
      endpoints: gauge('credits_webhook_endpoints', 'Webhook endpoints.', ['state']),
      waiting: gauge('credits_webhook_waiting', 'Events that wait for webhook endpoints.', ['state']),
      failing: gauge('credits_webhook_failing_seconds', 'For how long the event waits that failed first.', ['state']),
      stripe: gauge('credits_stripe_events', "Stripe's events that wait (received, failed) or are given up (dead).", [
        'state',
      ]),
      oldest: gauge('credits_stripe_oldest_event_seconds', "For how long Stripe's event waits that came first.", []),
      usage: gauge(
        'credits_stripe_usage',
        'Reports of usage that wait (waiting, failed) or that people have to see to (refused, unsure).',
        ['state'],
      ),
      oldestUsage: gauge(
        'credits_stripe_oldest_usage_seconds',
        'How old the usage of live mode is that waits longest.',
        [],
      ),
      queued: gauge('credits_jobs', 'Jobs in the queue by their state; failed ones are dead letters.', ['state']),
    };
  }

  private refresh(): Promise<void> {
    if (performance.now() - this.refreshedAt > REFRESH_MS) {
      this.refreshedAt = performance.now();
      this.refreshing = this.read().catch((error: unknown) => {
        this.parts.log.warn(`the metrics of the ledger are those of before: ${String(error)}`);
      });
    }
    return Promise.race([this.refreshing, new Promise<void>(done => setTimeout(done, LONGEST_WAIT_MS).unref())]);
  }

  private async read(): Promise<void> {
    const { gauges } = this;
    const { pool, runs, queue } = this.parts;
    for (const { mode, unit, available, held, debt } of (await pool.query<UnitTotal>(UNIT_TOTALS)).rows) {
      gauges.available.set({ mode, unit }, available);
      gauges.held.set({ mode, unit }, held);
      gauges.debt.set({ mode, unit }, debt);
    }
    for (const { projection, shadow, secondsBehind, entriesBehind } of await readProjectionStatus(pool)) {
      if (shadow) continue;
      gauges.lag.set({ projection }, secondsBehind);
      gauges.behind.set({ projection }, entriesBehind);
    }
    for (const { name: job, succeededAt, failures } of await runs.last()) {
      if (succeededAt !== null) gauges.succeeded.set({ job }, succeededAt.getTime() / 1000);
      gauges.failures.set({ job }, failures);
    }
    const totals = (await pool.query<WebhookTotal>(WEBHOOKS)).rows;
    for (const state of ['enabled', 'disabled'] as const) {
      const found = totals.find(row => row.state === state);
      gauges.endpoints.set({ state }, found?.endpoints ?? 0);
      gauges.waiting.set({ state }, found?.waiting ?? 0);
      gauges.failing.set({ state }, found?.failing ?? 0);
    }
    const [told] = (await pool.query<StripeTotal>(STRIPE_EVENTS)).rows;
    for (const state of ['received', 'failed', 'dead'] as const) gauges.stripe.set({ state }, told![state]);
    gauges.oldest.set(told!.oldest);
    const [usage] = (await pool.query<ReportTotal>(METER_REPORTS)).rows;
    for (const state of ['waiting', 'failed', 'refused', 'unsure'] as const) gauges.usage.set({ state }, usage![state]);
    gauges.oldestUsage.set(usage!.oldest);
    const counts = await queue.ask(bull => bull.getJobCounts('waiting', 'active', 'delayed', 'failed'));
    for (const [state, count] of Object.entries(counts)) gauges.queued.set({ state }, count);
  }
}
