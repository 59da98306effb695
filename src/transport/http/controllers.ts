import { AccountsController } from './accounts.controller.js';
import { AlertRulesController } from './alert-rules.controller.js';
import { AutoTopUpsController } from './auto-top-ups.controller.js';
import { BatchController } from './batch.controller.js';
import { BoardController } from './board.controller.js';
import { CampaignsController } from './campaigns.controller.js';
import { CommandsController } from './commands.controller.js';
import { DocsController } from './docs.controller.js';
import { ExplainController } from './explain.controller.js';
import { FinanceController } from './finance.controller.js';
import { HealthController } from './health.controller.js';
import { JobsController } from './jobs.controller.js';
import { KeysController } from './keys.controller.js';
import { MembersController } from './members.controller.js';
import { AutoTopUpAttemptsController } from './auto-top-up-attempts.controller.js';
import { MeterReportsController } from './meter-reports.controller.js';
import { MetricsController } from './metrics.controller.js';
import { PlansController } from './plans.controller.js';
import { RateCardsController } from './rate-cards.controller.js';
import { ProofsController } from './proofs.controller.js';
import { ReadModelsController } from './read-models.controller.js';
import { RunsController } from './runs.controller.js';
import { StripeInboxController } from './stripe-inbox.controller.js';
import { StripeReconciliationController } from './stripe-reconciliation.controller.js';
import { StripeWebhookController } from './stripe-webhook.controller.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { TestClocksController } from './test-clocks.controller.js';
import { TopUpsController } from './top-ups.controller.js';
import { UnitsController } from './units.controller.js';
import { UsageController } from './usage.controller.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';

/** All of them, in the order in which the documentation shows their calls. */
export const CONTROLLERS = [
  CommandsController,
  AccountsController,
  ReadModelsController,
  ExplainController,
  UsageController,
  ProofsController,
  BatchController,
  UnitsController,
  PlansController,
  SubscriptionsController,
  MembersController,
  TopUpsController,
  AutoTopUpsController,
  CampaignsController,
  RateCardsController,
  FinanceController,
  TestClocksController,
  KeysController,
  AlertRulesController,
  WebhookEndpointsController,
  JobsController,
  BoardController,
  StripeInboxController,
  AutoTopUpAttemptsController,
  MeterReportsController,
  StripeReconciliationController,
  StripeWebhookController,
  RunsController,
  HealthController,
  MetricsController,
  DocsController,
] as const;
