import type { AccountState, Moment } from './account.js';
import type { Recognise } from './command.js';
import { makeEntry } from './entry.js';
import { accept, refuse, type Decision } from './refusal.js';
import { isLive } from './subscription.js';

/**
 * Says what was paid for a subscription that is over and is the price of no credits: no lot will ever carry this money. As
 * long as the subscription lives it is refused, because what is given next may have it as its price.
 */
export function recognise(state: AccountState, command: Recognise, now: Moment, recordedAt: Moment): Decision {
  const { subscription: id, paid, reason } = command;
  const subscription = state.subscriptions.get(id);
  if (subscription !== undefined && isLive(subscription)) {
    return refuse('invalid_request', `subscription ${id} goes on: what was paid is the price of what it is given next`);
  }
  const fields = { type: 'subscribe', unit: null, amount: 0n, subscription: { id, paid }, reason } as const;
  return accept([makeEntry(state.seq + 1, now, recordedAt, fields)]);
}
