import type { SubscriptionCalls } from '../subscriptions.js';
import { moments, unary, word } from './unary-call.js';
import { CHANGE_TIME, UNUSED_CREDITS } from './words.js';

/** Calls about what an account has of plans. */
export function subscriptionCalls(subscriptions: SubscriptionCalls) {
  return {
    putSubscription: unary('putSubscription', 'ledger:write', async (request, { asker }) => {
      const { account, subscription, change, unused, cycle_start_at: start, cycle_end_at: end, ...fields } = request;
      const body = {
        ...fields,
        ...moments({ cycle_start_at: start, cycle_end_at: end }),
        ...word('change', CHANGE_TIME.word(change)),
        ...word('unused', UNUSED_CREDITS.word(unused)),
      };
      return (await subscriptions.subscribe(asker, account ?? '', subscription ?? '', body)).body;
    }),
    getSubscription: unary('getSubscription', 'ledger:read', async ({ account = '', subscription = '' }, { asker }) => {
      return subscriptions.get(asker, account, subscription);
    }),
    listSubscriptions: unary('listSubscriptions', 'ledger:read', async ({ account = '' }, { asker }) => {
      return subscriptions.list(asker, account);
    }),
    cancelSubscription: unary('cancelSubscription', 'ledger:write', async (request, { asker }) => {
      const { account = '', subscription = '', at } = request;
      return (await subscriptions.cancel(asker, account, subscription, word('at', CHANGE_TIME.word(at)))).body;
    }),
  };
}
