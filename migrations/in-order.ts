import type { MigrationInterface } from 'typeorm';
import { Roles1700000000000 } from './1700000000000-roles.js';
import { Ledger1700000000001 } from './1700000000001-ledger.js';
import { KeyRates1700000000002 } from './1700000000002-key-rates.js';
import { Projections1700000000003 } from './1700000000003-projections.js';
import { Evidence1700000000004 } from './1700000000004-evidence.js';
import { Jobs1700000000005 } from './1700000000005-jobs.js';
import { OpsRuns1700000000006 } from './1700000000006-ops-runs.js';
import { AccountRevisions1700000000008 } from './1700000000008-account-revisions.js';
import { UnitTotals1700000000009 } from './1700000000009-unit-totals.js';
import { EraseTexts1700000000010 } from './1700000000010-erase-texts.js';
import { Subscriptions1700000000011 } from './1700000000011-subscriptions.js';
import { Plans1700000000012 } from './1700000000012-plans.js';
import { RateCards1700000000013 } from './1700000000013-rate-cards.js';
import { Outbound1700000000014 } from './1700000000014-outbound.js';
import { ChainSecret1700000000015 } from './1700000000015-chain-secret.js';
import { EntriesByType1700000000016 } from './1700000000016-entries-by-type.js';
import { CheaperChecks1700000000018 } from './1700000000018-cheaper-checks.js';
import { TestClocks1700000000019 } from './1700000000019-test-clocks.js';
import { Finance1700000000020 } from './1700000000020-finance.js';
import { Members1700000000022 } from './1700000000022-members.js';
import { StripeEvents1700000000023 } from './1700000000023-stripe-events.js';
import { StripePayments1700000000024 } from './1700000000024-stripe-payments.js';
import { StripeTopUps1700000000025 } from './1700000000025-stripe-top-ups.js';
import { StripeSubscriptions1700000000026 } from './1700000000026-stripe-subscriptions.js';
import { Campaigns1700000000027 } from './1700000000027-campaigns.js';
import { StripeBookmarks1700000000028 } from './1700000000028-stripe-bookmarks.js';
import { ToldSubscriptions1700000000029 } from './1700000000029-told-subscriptions.js';
import { AutoTopUps1700000000030 } from './1700000000030-auto-top-ups.js';
import { MeterReports1700000000032 } from './1700000000032-meter-reports.js';
import { ShortenedEvents1700000000033 } from './1700000000033-shortened-events.js';
import { StripeInvoiceMoney1700000000034 } from './1700000000034-stripe-invoice-money.js';
import { FinancePeriods1700000000035 } from './1700000000035-finance-periods.js';
import { ListedAttempts1700000000036 } from './1700000000036-listed-attempts.js';
import { SeveralUnits1700000000038 } from './1700000000038-several-units.js';
import { CheaperRules1700000000039 } from './1700000000039-cheaper-rules.js';
import { SummarisedPositions1700000000040 } from './1700000000040-summarised-positions.js';

/**
 * Every migration, oldest first. A list and not a glob, so that source, build and tests run the same ones, and so that a
 * database that knows a migration this list does not is recognised as one from the future.
 */
export const migrationsInOrder: (new () => MigrationInterface)[] = [
  Roles1700000000000,
  Ledger1700000000001,
  KeyRates1700000000002,
  Projections1700000000003,
  Evidence1700000000004,
  Jobs1700000000005,
  OpsRuns1700000000006,
  AccountRevisions1700000000008,
  UnitTotals1700000000009,
  EraseTexts1700000000010,
  Subscriptions1700000000011,
  Plans1700000000012,
  RateCards1700000000013,
  Outbound1700000000014,
  ChainSecret1700000000015,
  EntriesByType1700000000016,
  CheaperChecks1700000000018,
  TestClocks1700000000019,
  Finance1700000000020,
  Members1700000000022,
  StripeEvents1700000000023,
  StripePayments1700000000024,
  StripeTopUps1700000000025,
  StripeSubscriptions1700000000026,
  Campaigns1700000000027,
  StripeBookmarks1700000000028,
  ToldSubscriptions1700000000029,
  AutoTopUps1700000000030,
  MeterReports1700000000032,
  ShortenedEvents1700000000033,
  StripeInvoiceMoney1700000000034,
  FinancePeriods1700000000035,
  ListedAttempts1700000000036,
  SeveralUnits1700000000038,
  CheaperRules1700000000039,
  SummarisedPositions1700000000040,
];
