import { Logger, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Counter, Registry } from 'prom-client';
import { AlertsModule } from '../alerts/alerts.module.js';
import { IdCodec } from '../ids/id-codec.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { DeliverWebhooks } from './delivery/deliver-webhooks.js';
import { resolveByDns, type Reach } from './delivery/reach.js';
import { Streams } from './delivery/streams.js';
import { WebhookEndpoints } from './endpoints/webhook-endpoints.js';
import { ForgetEvents } from './forget-events.js';
import { ClockNotices } from './outbox/clock-notices.js';
import { FollowOutbox } from './outbox/follow-outbox.js';
import { Outbox } from './outbox/outbox.js';
import { TellExpiringLots } from './outbox/tell-expiring-lots.js';
import { TellTrials } from './outbox/tell-trials.js';

/** Whether endpoints may be on this machine; the application's root provides it. */
export const ALLOW_LOOPBACK_WEBHOOKS = Symbol('ALLOW_LOOPBACK_WEBHOOKS');
const REACH = Symbol('REACH');

/** What is told to others by itself. */
@Module({
  imports: [AlertsModule, LedgerModule],
  providers: [
    { provide: REACH, useFactory: reachOf, inject: [ALLOW_LOOPBACK_WEBHOOKS] },
    {
      provide: WebhookEndpoints,
      useFactory: (pool: Pool, reach: Reach) => new WebhookEndpoints(pool, reach),
      inject: [Pool, REACH],
    },
    { provide: Outbox, useFactory: (ids: IdCodec) => new Outbox(ids), inject: [IdCodec] },
    {
      provide: FollowOutbox,
      useFactory: (pool: Pool, outbox: Outbox) => new FollowOutbox(pool, outbox, new Logger(FollowOutbox.name)),
      inject: [Pool, Outbox],
    },
    {
      provide: TellExpiringLots,
      useFactory: (pool: Pool, ids: IdCodec) => new TellExpiringLots(pool, ids),
      inject: [Pool, IdCodec],
    },
    {
      provide: ClockNotices,
      useFactory: (pool: Pool, outbox: Outbox, lots: TellExpiringLots, trials: TellTrials) =>
        new ClockNotices(pool, outbox, lots, trials, new Logger(ClockNotices.name)),
      inject: [Pool, Outbox, TellExpiringLots, TellTrials],
    },
    { provide: TellTrials, useFactory: (pool: Pool) => new TellTrials(pool), inject: [Pool] },
    {
      provide: DeliverWebhooks,
      useFactory: (pool: Pool, reach: Reach, registry: Registry) =>
        new DeliverWebhooks({
          streams: new Streams(pool),
          reach,
          attempts: new Counter({
            name: 'credits_webhook_attempts_total',
            help: 'Events that were sent to an endpoint, by what came of it.',
            labelNames: ['outcome'],
            registers: [registry],
          }),
          log: new Logger(DeliverWebhooks.name),
        }),
      inject: [Pool, REACH, Registry],
    },
    { provide: ForgetEvents, useFactory: (pool: Pool) => new ForgetEvents(pool), inject: [Pool] },
  ],
  exports: [
    AlertsModule,
    ClockNotices,
    DeliverWebhooks,
    FollowOutbox,
    ForgetEvents,
    TellExpiringLots,
    TellTrials,
    WebhookEndpoints,
  ],
})
export class WebhooksModule {}

function reachOf(allowLoopback: boolean): Reach {
  if (allowLoopback) {
    new Logger('webhooks').warn('WEBHOOKS_ALLOW_LOOPBACK is set: whoever makes endpoints can reach this machine');
  }
  return { allowLoopback, resolve: resolveByDns };
}
