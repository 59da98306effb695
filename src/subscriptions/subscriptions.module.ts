import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { GetSubscriptionHandler } from './get-subscription.js';
import { ListSubscriptionsHandler } from './list-subscriptions.js';

@Module({ imports: [LedgerModule], providers: [GetSubscriptionHandler, ListSubscriptionsHandler] })
export class SubscriptionsModule {}
