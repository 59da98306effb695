import type { AutoTopUpCalls } from '../auto-top-ups.js';
import { unary } from './unary-call.js';

/** Calls about credits that are bought by themselves. */
export function autoTopUpCalls(autoTopUps: AutoTopUpCalls) {
  return {
    putAutoTopUp: unary('putAutoTopUp', 'billing:write', async ({ account = '', ...body }, { asker }) => {
      return `{"auto_top_up":${await autoTopUps.put(asker, account, body)}}`;
    }),
    getAutoTopUp: unary('getAutoTopUp', 'ledger:read', async ({ account = '' }, { asker }) => {
      return `{"auto_top_up":${await autoTopUps.get(asker, account)}}`;
    }),
  };
}
