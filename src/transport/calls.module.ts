import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CampaignsModule } from '../campaigns/campaigns.module.js';
import { ClocksModule } from '../clocks/clocks.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { LedgerModule } from '../ledger/ledger.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { RatesModule } from '../rates/rates.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { StripeModule } from '../stripe/stripe.module.js';
import { UnitsModule } from '../units/units.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { AlertRuleCalls } from './alert-rules.js';
import { AutoTopUpCalls } from './auto-top-ups.js';
import { Batches } from './batch.js';
import { CampaignCalls } from './campaigns.js';
import { CommandCounts } from './command-counts.js';
import { Configuration } from './configuration.js';
import { FinanceCalls } from './finance.js';
import { MemberCalls } from './members.js';
import { Mutations } from './mutations.js';
import { PlanCalls } from './plans.js';
import { RateCardCalls } from './rate-cards.js';
import { Proofs } from './proofs.js';
import { Reads } from './reads.js';
import { RunCalls } from './runs.js';
import { AutoTopUpAttemptCalls } from './auto-top-up-attempts.js';
import { MeterReportCalls } from './meter-reports.js';
import { StripeInboxCalls } from './stripe-inbox.js';
import { StripeReconciliationCalls } from './stripe-reconciliation.js';
import { SubscriptionCalls } from './subscriptions.js';
import { TestClockCalls } from './test-clocks.js';
import { TopUpCalls } from './top-ups.js';
import { WebhookCalls } from './webhooks.js';

/** What calls mean, whichever transport brings them. Expects a `KeysModule` that is global. */
@Module({
  imports: [
    CqrsModule.forRoot(),
    LedgerModule,
    CampaignsModule,
    UnitsModule,
    EntriesModule,
    RunsModule,
    PlansModule,
    RatesModule,
    WebhooksModule,
    StripeModule,
    ClocksModule,
  ],
  providers: [
    CommandCounts,
    Mutations,
    Batches,
    Reads,
    Proofs,
    Configuration,
    PlanCalls,
    SubscriptionCalls,
    MemberCalls,
    CampaignCalls,
    RateCardCalls,
    FinanceCalls,
    RunCalls,
    AlertRuleCalls,
    WebhookCalls,
    TopUpCalls,
    AutoTopUpCalls,
    AutoTopUpAttemptCalls,
    MeterReportCalls,
    StripeInboxCalls,
    StripeReconciliationCalls,
    TestClockCalls,
  ],
  exports: [
    Mutations,
    Batches,
    Reads,
    Proofs,
    Configuration,
    PlanCalls,
    SubscriptionCalls,
    MemberCalls,
    CampaignCalls,
    RateCardCalls,
    FinanceCalls,
    RunCalls,
    AlertRuleCalls,
    WebhookCalls,
    TopUpCalls,
    AutoTopUpCalls,
    AutoTopUpAttemptCalls,
    MeterReportCalls,
    StripeInboxCalls,
    StripeReconciliationCalls,
    TestClockCalls,
  ],
})
export class CallsModule {}
