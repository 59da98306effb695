import type { PricedEvent } from '../../src/ledger/domain/priced-event.js';
import { LIMITS } from '../contestant.js';

/** What an event comes to, by unit: its price, one call, its tokens. The price is in the code, as in a first week. */
export function pricedByHand(quantity: bigint): { readonly event: PricedEvent; readonly amounts: readonly bigint[] } {
  const lines = [{ unit: 'credits', amount: quantity }];
  const properties = { model: 'large-2', feature: 'chat' };
  const event = { meter: 'llm_tokens', quantity: String(quantity), properties, card: 'default', version: 1, lines };
  return { event, amounts: [quantity, 1n, quantity] };
}

/** Of `amounts`, in their order. */
export const UNITS_ON_PLANS: readonly string[] = ['credits', ...LIMITS];
