import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import { CancelSubscription } from '../ledger/commands/cancel-subscription.js';
import { SubscribeAccount } from '../ledger/commands/subscribe-account.js';
import type { Answer } from '../ledger/submission.js';
import { PlanCatalogue } from '../plans/plan-catalogue.js';
import { GetSubscription } from '../subscriptions/get-subscription.js';
import { ListSubscriptions } from '../subscriptions/list-subscriptions.js';
import { Amounts } from '../units/amounts.js';
import { targetOf, type Asker } from './asker.js';
import { CommandCounts } from './command-counts.js';
import { parseRequest } from './requests/parse-request.js';
import { cancelQuery, subscribeRequest, subscriptionId } from './requests/subscriptions.js';

/** Calls about an account's subscriptions, read and answered the same way for every transport, as JSON. */
@Injectable()
export class SubscriptionCalls {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly catalogue: PlanCatalogue,
    private readonly amounts: Amounts,
    private readonly counts: CommandCounts,
  ) {}

  async subscribe(asker: Asker, account: unknown, subscription: unknown, body: unknown): Promise<Answer> {
    const target = targetOf(asker, account);
    const id = parseRequest(subscriptionId, subscription, 'path.subscription');
    const request = parseRequest(subscribeRequest, body, 'body');
    const overrides = await this.overrides(request.overrides);
    const { terms, archived } = await this.catalogue.offer(request.plan);
    const command = new SubscribeAccount(target, {
      subscription: id,
      terms,
      archived,
      start: request.cycle_start_at ?? null,
      end: request.cycle_end_at ?? null,
      when: request.change,
      policy: request.unused,
      trial: request.trial,
      cancelAtEnd: request.cancel_at_period_end ?? null,
      overrides,
      adjusts: true,
    });
    return this.counts.count('subscribe', this.commands.execute<Command<Answer>, Answer>(command));
  }

  async cancel(asker: Asker, account: unknown, subscription: unknown, query: unknown): Promise<Answer> {
    const target = targetOf(asker, account);
    const id = parseRequest(subscriptionId, subscription, 'path.subscription');
    const { at } = parseRequest(cancelQuery, query, 'query');
    const command = new CancelSubscription(target, { subscription: id, when: at });
    return this.counts.count('cancel-subscription', this.commands.execute<Command<Answer>, Answer>(command));
  }

  get(asker: Asker, account: unknown, subscription: string): Promise<string> {
    return this.queries.execute(new GetSubscription(targetOf(asker, account), subscription));
  }

  list(asker: Asker, account: unknown): Promise<string> {
    return this.queries.execute(new ListSubscriptions(targetOf(asker, account)));
  }

  private async overrides(given: Readonly<Record<string, unknown>> | undefined): Promise<Map<string, bigint> | null> {
    if (given === undefined) return null;
    const fields = Object.entries(given).map(([unit, input]) => {
      return { location: `body.overrides.${unit}`, unit, input, mayBeZero: true };
    });
    const read = await this.amounts.read(fields);
    return new Map(fields.map(({ unit }, index) => [unit, read.values[index]!]));
  }
}
