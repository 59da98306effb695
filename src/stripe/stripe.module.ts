import { Logger, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Counter, Registry } from 'prom-client';
import { IdCodec } from '../ids/id-codec.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { WritePath } from '../ledger/write-path.js';
import { PlanCatalogue } from '../plans/plan-catalogue.js';
import { PlansModule } from '../plans/plans.module.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { UnitsModule } from '../units/units.module.js';
import { JobQueue } from '../workers/job-queue.js';
import { ActOnEvent, actOnEventWith } from './act-on-event.js';
import { Inbox } from './intake/inbox.js';
import { Bookmarks } from './intake/bookmarks.js';
import { ListMissedEvents } from './intake/list-missed-events.js';
import { ReceiveEvent } from './intake/receive-event.js';
import { StoredEvents } from './intake/stored-events.js';
import { EVENTS_JOB, WorkOnEvents } from './intake/work-on-events.js';
import { StripeClients, type StripeSettings } from './stripe-clients.js';
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
      provide: TopUps,
      useFactory: (pool: Pool, clients: StripeClients, packs: Packs, units: UnitRegistry) =>
        new TopUps({ pool, clients, packs, units }),
      inject: [Pool, StripeClients, Packs, UnitRegistry],
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
    {
      provide: Inbox,
      useFactory: (pool: Pool, actOn: ActOnEvent) => new Inbox(pool, actOn),
      inject: [Pool, ActOnEvent],
    },
  ],
  exports: [Inbox, ListMissedEvents, Packs, ReceiveEvent, TopUps, WorkOnEvents],
})
export class StripeModule {}
