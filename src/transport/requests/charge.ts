import { z } from 'zod';
import { ChargeCredits } from '../../ledger/commands/charge-credits.js';
import { OVERAGE_POLICIES } from '../../ledger/domain/account.js';
import { member, metadata, reason } from './fields.js';
import { accountOperation } from './operation.js';
import { checkSpend, linesOf, spendAmounts, spendFields } from './spend.js';

const chargeRequest = z
  .strictObject(
    {
      ...spendFields,
      overage: z.enum(OVERAGE_POLICIES).default('allow_available'),
      member: member.optional(),
      reason: reason.optional(),
      metadata: metadata.optional(),
    },
    'must be an object',
  )
  .superRefine(checkSpend)
  .meta({
    id: 'ChargeRequest',
    description: 'Either `amount` of one `unit`, or `lines`.',
    examples: [{ amount: '2.5', reason: 'export' }],
  });

export const CHARGE = accountOperation({
  name: 'charge',
  status: 201,
  request: chargeRequest,
  summary: 'Spend credits at once, without a reservation',
  refusals: ['unit_not_found', 'amount_too_large', 'insufficient_credits', 'account_frozen'],
  async prepare(request, target, { amounts }, part) {
    const read = await amounts.read(spendAmounts(request, part));
    const terms = {
      lines: linesOf(read),
      overage: request.overage,
      meter: null,
      model: null,
      member: request.member ?? null,
      reason: request.reason ?? null,
      metadata: request.metadata ?? null,
    };
    const unfixed = amounts.unfixed(read);
    return once => new ChargeCredits(target, terms, once, unfixed);
  },
});
