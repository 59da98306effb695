import {
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { CampaignsModule } from '../campaigns/campaigns.module.js';
import { FinishClaims } from '../campaigns/finish-claims.js';
import { AdvanceClocks } from '../clocks/advance-clocks.js';
import { ClocksModule } from '../clocks/clocks.module.js';
import type { Config } from '../config.js';
import type { AppPool } from '../database/connections.js';
import { AppClients } from '../database/database.module.js';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { FollowLog } from '../evidence/follow-log.js';
import { SignCheckpoints } from '../evidence/sign-checkpoints.js';
import { ForgetOldAnswers } from '../ledger/forget-old-answers.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { SettleDueAccounts } from '../ledger/settle-due-accounts.js';
import { FollowEntries } from '../projections/follow-entries.js';
import { ProjectionsModule } from '../projections/projections.module.js';
import { SummariseEntries } from '../projections/summarise-entries.js';
import { DeadLetters } from './dead-letters.js';
import { StripeModule } from '../stripe/stripe.module.js';
import { FollowLentUsage } from '../stripe/arrears/follow-lent-usage.js';
import { ReportUsage } from '../stripe/arrears/report-usage.js';
import { TopUpAutomatically } from '../stripe/auto-top-ups/top-up-automatically.js';
import { WakePolicies } from '../stripe/auto-top-ups/wake-policies.js';
import { ListMissedEvents } from '../stripe/intake/list-missed-events.js';
import { ShortenEvents } from '../stripe/intake/shorten-events.js';
import { WorkOnEvents } from '../stripe/intake/work-on-events.js';
import { WorkOnReconciliations } from '../stripe/reconcile/work-on-reconciliations.js';
import { RunsModule } from '../runs/runs.module.js';
import { WorkOnRuns } from '../runs/work-on-runs.js';
import { DeliverWebhooks } from '../webhooks/delivery/deliver-webhooks.js';
import { ForgetEvents } from '../webhooks/forget-events.js';
import { FollowOutbox } from '../webhooks/outbox/follow-outbox.js';
import { TellExpiringLots } from '../webhooks/outbox/tell-expiring-lots.js';
import { TellTrials } from '../webhooks/outbox/tell-trials.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { JobQueue } from './job-queue.js';
import { JobRunner } from './job-runner.js';
import { JobRuns } from './job-runs.js';
import { JOB_SESSION } from './job-session.js';
import { storeOf } from './queue-connections.js';
import { LedgerMetrics } from './ledger-metrics.js';
import type { RecurringJob } from './recurring-job.js';

/** Connections of jobs: their locks, one each, and BullMQ's where it has no Redis. Opened as they are needed. */
const MOST_CONNECTIONS = 16;
const JOBS_POOL = Symbol('JOBS_POOL');
const RUNS_JOBS = Symbol('RUNS_JOBS');
const RECURRING_JOBS = Symbol('RECURRING_JOBS');

/**
 * Every recurring job of the service. A capability that has one writes a class that implements `RecurringJob`, provides
 * and exports it from its module, and is named here.
 */
const ALL_JOBS: FactoryProvider<RecurringJob[]> = {
  provide: RECURRING_JOBS,
  inject: [
    SettleDueAccounts,
    AdvanceClocks,
    SummariseEntries,
    FollowEntries,
    FollowLog,
    SignCheckpoints,
    ForgetOldAnswers,
    WorkOnRuns,
    FollowOutbox,
    DeliverWebhooks,
    TellExpiringLots,
    TellTrials,
    ForgetEvents,
    WorkOnEvents,
    FinishClaims,
    ListMissedEvents,
    FollowLentUsage,
    ReportUsage,
    ShortenEvents,
    WakePolicies,
    TopUpAutomatically,
    WorkOnReconciliations,
  ],
  useFactory: (...jobs: RecurringJob[]) => jobs,
};

/** The same in every process: those that run jobs tell it, so that it is not asked for by each that answers callers. */
const LEDGER_METRICS: FactoryProvider<LedgerMetrics> = {
  provide: LedgerMetrics,
  inject: [Pool, JobRuns, JobQueue, Registry],
  useFactory: (pool: Pool, runs: JobRuns, queue: JobQueue, registry: Registry) =>
    new LedgerMetrics({ pool, runs, queue, log: new Logger(LedgerMetrics.name) }, registry),
};

/** Runs the recurring jobs in processes that are to; in the others it only knows the queue. */
@Module({})
export class WorkersModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(RUNS_JOBS) private readonly runsJobs: boolean,
    @Inject(JOBS_POOL) private readonly pool: AppPool,
    private readonly queue: JobQueue,
    private readonly runner: JobRunner,
  ) {}

  static of({ role, redisUrl }: Pick<Config, 'role' | 'redisUrl'>): DynamicModule {
    return {
      module: WorkersModule,
      // Whoever answers callers tells what became of jobs.
      global: true,
      imports: [
        CampaignsModule,
        ClocksModule,
        EvidenceModule,
        LedgerModule,
        ProjectionsModule,
        RunsModule,
        StripeModule,
        WebhooksModule,
      ],
      providers: [
        { provide: RUNS_JOBS, useValue: role !== 'api' },
        {
          provide: JOBS_POOL,
          useFactory: (clients: AppClients) =>
            clients.createPool('credits-ledger jobs', { maxConnections: MOST_CONNECTIONS, settings: JOB_SESSION }),
          inject: [AppClients],
        },
        {
          provide: JobQueue,
          useFactory: (pool: Pool) => new JobQueue(storeOf(redisUrl, pool), new Logger(JobQueue.name)),
          inject: [JOBS_POOL],
        },
        { provide: DeadLetters, useFactory: (queue: JobQueue) => new DeadLetters(queue), inject: [JobQueue] },
        { provide: JobRuns, useFactory: (pool: Pool) => new JobRuns(pool), inject: [JOBS_POOL] },
        ALL_JOBS,
        ...(role === 'api' ? [] : [LEDGER_METRICS]),
        {
          provide: JobRunner,
          useFactory: (jobs: RecurringJob[], runs: JobRuns, queue: JobQueue) =>
            new JobRunner(jobs, runs, queue, new Logger(JobRunner.name)),
          inject: [RECURRING_JOBS, JobRuns, JobQueue],
        },
      ],
      exports: [JobQueue, JobRuns, DeadLetters],
    };
  }

  onApplicationBootstrap(): void {
    if (this.runsJobs) this.runner.start();
    else this.queue.start(null);
  }

  /** Before the modules whose work the jobs do. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.runsJobs) await this.runner.stop();
    await this.queue.stop();
    await this.pool.close();
  }
}
