import { Logger, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Counter, Registry } from 'prom-client';
import { AppClients } from '../database/database.module.js';
import { IdCodec } from '../ids/id-codec.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { WritePath } from '../ledger/write-path.js';
import { PlanCatalogue } from '../plans/plan-catalogue.js';
import { PlansModule } from '../plans/plans.module.js';
import { Amounts } from '../units/amounts.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { UnitsModule } from '../units/units.module.js';
import { JobQueue } from '../workers/job-queue.js';
import { FollowLentUsage } from './arrears/follow-lent-usage.js';
import { MeterReports } from './arrears/meter-reports.js';
import { ReportUsage } from './arrears/report-usage.js';
import { StoredReports } from './arrears/stored-reports.js';
import { ActOnEvent, actOnEventWith } from './act-on-event.js';
import { AutoTopUps } from './auto-top-ups/auto-top-ups.js';
import { ListAttempts } from './auto-top-ups/list-attempts.js';
import { TopUpAutomatically } from './auto-top-ups/top-up-automatically.js';
import { topUpAutomaticallyWith } from './auto-top-ups/top-up-automatically-with.js';
import { WakePolicies } from './auto-top-ups/wake-policies.js';
import { Inbox } from './intake/inbox.js';
import { Bookmarks } from './intake/bookmarks.js';
import { ListMissedEvents } from './intake/list-missed-events.js';
import { ReceiveEvent } from './intake/receive-event.js';
import { ShortenEvents } from './intake/shorten-events.js';
import { StoredEvents } from './intake/stored-events.js';
import { EVENTS_JOB, WorkOnEvents } from './intake/work-on-events.js';
import { reconcileWith } from './reconcile/reconcile.js';
import { WorkOnReconciliations } from './reconcile/work-on-reconciliations.js';
import { StripeClients, type StripeSettings } from './stripe-clients.js';
import { Offers } from './top-ups/offers.js';
import { Packs } from './top-ups/packs.js';
import { TopUps } from './top-ups/top-ups.js';

/** Keys and secrets of Stripe's; the application's root provides them. */
export const STRIPE_SETTINGS = Symbol('STRIPE_SETTINGS');

/** Longer than all requests that one event may lead to, retries included, most often take. */
const LEASE_MS = 60_000;

/** Stripe's money on one side, commands to the ledger on the other. The only place that knows a customer's id. */
@Module({
  imports: [LedgerModule, PlansModule, UnitsModule],
  providers: [
    {
      provide: StripeClients,
      useFactory: (settings: StripeSettings) => new StripeClients(settings),
      inject: [STRIPE_SETTINGS],
    },
    { provide: Packs, useFactory: (pool: Pool) => new Packs(pool), inject: [Pool] },
    {
      provide: Offers,
      useFactory: (packs: Packs, units: UnitRegistry) => new Offers(packs, units),
      inject: [Packs, UnitRegistry],
    },
    {
      provide: TopUps,
      useFactory: (pool: Pool, clients: StripeClients, offers: Offers) => new TopUps({ pool, clients, offers }),
      inject: [Pool, StripeClients, Offers],
    },
    {
      provide: AutoTopUps,
      useFactory: (pool: Pool, clients: StripeClients, offers: Offers, amounts: Amounts) =>
        new AutoTopUps({ clients, offers, amounts, pool }),
      inject: [Pool, StripeClients, Offers, Amounts],
    },
    { provide: ListAttempts, useFactory: (pool: Pool) => new ListAttempts(pool), inject: [Pool] },
    {
      provide: WakePolicies,
      useFactory: (pool: Pool) => new WakePolicies(pool, new Logger(WakePolicies.name)),
      inject: [Pool],
    },
    {
      provide: TopUpAutomatically,
      useFactory: (
        pool: Pool,
        writePath: WritePath,
        ids: IdCodec,
        units: UnitRegistry,
        clients: StripeClients,
        offers: Offers,
        topUps: TopUps,
        registry: Registry,
      ) => {
        const settled = new Counter({
          name: 'credits_stripe_auto_top_ups_settled_total',
          help: 'Automatic top-ups that came to their end, by what came of them.',
          labelNames: ['state'],
          registers: [registry],
        });
        const log = new Logger(TopUpAutomatically.name);
        return topUpAutomaticallyWith({ pool, writePath, ids, units, clients, offers, topUps, settled, log });
      },
      inject: [Pool, WritePath, IdCodec, UnitRegistry, StripeClients, Offers, TopUps, Registry],
    },
    {
      provide: ActOnEvent,
      useFactory: (
        pool: Pool,
        writePath: WritePath,
        ids: IdCodec,
        units: UnitRegistry,
        clients: StripeClients,
        topUps: TopUps,
        catalogue: PlanCatalogue,
      ) => actOnEventWith({ pool, writePath, ids, units, clients, topUps, catalogue }),
      inject: [Pool, WritePath, IdCodec, UnitRegistry, StripeClients, TopUps, PlanCatalogue],
    },
    {
      provide: WorkOnEvents,
      useFactory: (pool: Pool, clients: StripeClients, actOn: ActOnEvent, registry: Registry) =>
        new WorkOnEvents({
          events: new StoredEvents(pool),
          modes: clients.modes,
          act: event => actOn.act(event),
          settled: new Counter({
            name: 'credits_stripe_events_settled_total',
            help: "Stripe's events that were worked on, by what came of it.",
            labelNames: ['state'],
            registers: [registry],
          }),
          log: new Logger(WorkOnEvents.name),
          leaseMs: LEASE_MS,
        }),
      inject: [Pool, StripeClients, ActOnEvent, Registry],
    },
    {
      provide: ListMissedEvents,
      useFactory: (pool: Pool, clients: StripeClients, registry: Registry) =>
        new ListMissedEvents({
          clients,
          events: new StoredEvents(pool),
          bookmarks: new Bookmarks(pool),
          missed: new Counter({
            name: 'credits_stripe_events_missed_total',
            help: "Stripe's events that no webhook had told of, found in Stripe's own list.",
            labelNames: ['mode'],
            registers: [registry],
          }),
          log: new Logger(ListMissedEvents.name),
          now: Date.now,
        }),
      inject: [Pool, StripeClients, Registry],
    },
    {
      provide: ReceiveEvent,
      useFactory: (pool: Pool, clients: StripeClients, queue: JobQueue, registry: Registry) =>
        new ReceiveEvent({
          clients,
          events: new StoredEvents(pool),
          hint: no => queue.hint(EVENTS_JOB, no),
          received: new Counter({
            name: 'credits_stripe_events_received_total',
            help: 'Deliveries to the webhook: stored, known before, or the code of the refusal.',
            labelNames: ['outcome'],
            registers: [registry],
          }),
        }),
      inject: [Pool, StripeClients, JobQueue, Registry],
    },
    { provide: ShortenEvents, useFactory: (pool: Pool) => new ShortenEvents(pool), inject: [Pool] },
    {
      provide: FollowLentUsage,
      useFactory: (pool: Pool) => new FollowLentUsage(pool, new Logger(FollowLentUsage.name)),
      inject: [Pool],
    },
    {
      provide: ReportUsage,
      useFactory: (pool: Pool, clients: StripeClients, ids: IdCodec, registry: Registry) =>
        new ReportUsage({
          reports: new StoredReports(pool),
          clients,
          ids,
          settled: new Counter({
            name: 'credits_stripe_usage_settled_total',
            help: 'Reports of usage that is billed later, by what came of an attempt.',
            labelNames: ['state'],
            registers: [registry],
          }),
          log: new Logger(ReportUsage.name),
          now: Date.now,
        }),
      inject: [Pool, StripeClients, IdCodec, Registry],
    },
    {
      provide: MeterReports,
      useFactory: (pool: Pool, ids: IdCodec) => new MeterReports(pool, ids),
      inject: [Pool, IdCodec],
    },
    {
      provide: WorkOnReconciliations,
      useFactory: (
        pool: Pool,
        writePath: WritePath,
        ids: IdCodec,
        units: UnitRegistry,
        clients: StripeClients,
        topUps: TopUps,
        catalogue: PlanCatalogue,
        connections: AppClients,
      ) =>
        new WorkOnReconciliations({
          pool,
          reconcile: reconcileWith({ pool, writePath, ids, units, clients, topUps, catalogue }),
          createClient: () => connections.create('credits-ledger reconcile'),
        }),
      inject: [Pool, WritePath, IdCodec, UnitRegistry, StripeClients, TopUps, PlanCatalogue, AppClients],
    },
    {
      provide: Inbox,
      useFactory: (pool: Pool, actOn: ActOnEvent) => new Inbox(pool, actOn),
      inject: [Pool, ActOnEvent],
    },
  ],
  exports: [
    AutoTopUps,
    FollowLentUsage,
    Inbox,
    MeterReports,
    ReportUsage,
    ListAttempts,
    ListMissedEvents,
    Packs,
    ReceiveEvent,
    ShortenEvents,
    StripeClients,
    TopUps,
    TopUpAutomatically,
    WakePolicies,
    WorkOnEvents,
    WorkOnReconciliations,
  ],
})
export class StripeModule {}
