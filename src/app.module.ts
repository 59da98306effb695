import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { AccountsModule } from './accounts/accounts.module.js';
import { BalancesModule } from './balances/balances.module.js';
import type { Config } from './config.js';
import type { AppLogin, AppPool } from './database/connections.js';
import { DatabaseModule } from './database/database.module.js';
import { EntriesModule } from './entries/entries.module.js';
import { ProofsModule } from './evidence/proof/proofs.module.js';
import { CHECKPOINT_CHOICES } from './evidence/sign-checkpoints.js';
import { FinanceModule } from './finance/finance.module.js';
import { KeysModule } from './keys/keys.module.js';
import { CommandsModule } from './ledger/commands/commands.module.js';
import { BATCH_SPANS, LANES } from './ledger/ledger.module.js';
import { LotsModule } from './lots/lots.module.js';
import { MembersModule } from './members/members.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { ExplainModule } from './replay/explain/explain.module.js';
import { PROJECTION_CHOICES } from './projections/every-projection.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ReservationsModule } from './reservations/reservations.module.js';
import { OWNER_URL } from './runs/runs.module.js';
import { BatchSpans } from './tracing/batch-spans.js';
import type { Tracing } from './tracing/start-tracing.js';
import { TRACING, TracingModule } from './tracing/tracing.module.js';
import { GrpcModule } from './transport/grpc/grpc.module.js';
import { StatementModule } from './statement/statement.module.js';
import { HttpModule } from './transport/http/http.module.js';
import { STRIPE_SETTINGS } from './stripe/stripe.module.js';
import { UsageModule } from './usage/usage.module.js';
import { ALLOW_LOOPBACK_WEBHOOKS } from './webhooks/webhooks.module.js';
import { WorkersModule } from './workers/workers.module.js';

/** What the modules of the service are built from; opened before them, closed after them. */
export interface AppParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: { appPool: AppPool; appLogin: AppLogin; ownerUrl: string };
}

@Module({})
export class AppModule {
  static of({ config, database, logger }: AppParts): DynamicModule {
    return {
      module: AppModule,
      // So that every module can ask for what is provided here.
      global: true,
      imports: [
        TracingModule.of(config.tracing),
        MetricsModule.of(config.host, config.metricsPort),
        DatabaseModule.of(database, logger),
        KeysModule.of(config.apiKey),
        CommandsModule,
        AccountsModule,
        BalancesModule,
        EntriesModule,
        LotsModule,
        SubscriptionsModule,
        MembersModule,
        ReservationsModule,
        ExplainModule,
        StatementModule,
        UsageModule,
        FinanceModule,
        ProofsModule,
        WorkersModule.of(config),
        HttpModule.of(config.role),
        ...(config.role === 'worker' ? [] : [GrpcModule]),
      ],
      providers: [
        { provide: LANES, useValue: config.lanes },
        {
          provide: BATCH_SPANS,
          useFactory: (tracing: Tracing | null) => (tracing === null ? null : new BatchSpans(tracing.tracer)),
          inject: [TRACING],
        },
        { provide: PROJECTION_CHOICES, useValue: { usageProperties: config.usageProperties } },
        { provide: OWNER_URL, useValue: database.ownerUrl },
        { provide: ALLOW_LOOPBACK_WEBHOOKS, useValue: config.webhooksAllowLoopback },
        { provide: STRIPE_SETTINGS, useValue: config.stripe },
        {
          provide: CHECKPOINT_CHOICES,
          useValue: { key: config.checkpointKey, everySeconds: config.checkpointSeconds },
        },
      ],
      exports: [
        ALLOW_LOOPBACK_WEBHOOKS,
        BATCH_SPANS,
        CHECKPOINT_CHOICES,
        LANES,
        PROJECTION_CHOICES,
        OWNER_URL,
        STRIPE_SETTINGS,
      ],
    };
  }
}
