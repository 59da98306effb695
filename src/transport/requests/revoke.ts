import { z } from 'zod';
import { RevokeLot } from '../../ledger/commands/revoke-lot.js';
import { LOTS_PER_ENTRY } from '../../ledger/domain/account.js';
import { amount, reason } from './fields.js';
import { numberedOperation } from './operation.js';

const revokeRequest = z
  .strictObject({ amount: amount.optional(), reason: reason.optional() }, 'must be an object')
  .meta({
    id: 'RevokeRequest',
    examples: [{ reason: 'money returned' }],
    description: 'Without `amount` what is left of the lot.',
  });

export const REVOKE = numberedOperation({
  name: 'revoke',
  addresses: 'lot',
  status: 200,
  request: revokeRequest,
  summary: 'Take credits back, in the name of a lot',
  refusals: ['lot_not_found', 'amount_too_large', 'revoke_exceeds_grant'],
  async prepare(request, { id, target, number }, { amounts, entryUnits }, part) {
    let given: bigint | null = null;
    if (request.amount !== undefined) {
      const unit = await entryUnits.find(id, target, Math.floor(number / LOTS_PER_ENTRY));
      const read = await amounts.read([{ location: `${part}.amount`, unit, input: request.amount }]);
      given = read.values[0]!;
    }
    const terms = { lot: number, amount: given, reason: request.reason ?? null };
    return once => new RevokeLot(target, terms, once);
  },
});
