import { z } from 'zod';
import { ChargeCredits } from '../../ledger/commands/charge-credits.js';
import { OVERAGE_POLICIES } from '../../ledger/domain/account.js';
import { member, metadata, reason } from './fields.js';
import { accountOperation } from './operation.js';
import { checkSpend, readSpend, spendFields } from './spend.js';

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
    description: 'Either `amount` of one `unit`, or `lines`, or `quantity` of a `meter`, which a rate card prices.',
    examples: [{ amount: '2.5', reason: 'export' }],
  });

export const CHARGE = accountOperation({
  name: 'charge',
  status: 201,
  request: chargeRequest,
  summary: 'Spend credits at once, without a reservation',
  refusals: [
    'unit_not_found',
    'meter_not_found',
    'amount_too_large',
    'insufficient_credits',
    'limit_reached',
    'account_frozen',
  ],
  async prepare(request, target, readers, part) {
    const { unfixed, refusal, ...spend } = await readSpend(request, target, readers, part);
    const terms = {
      ...spend,
      overage: request.overage,
      member: request.member ?? null,
      reason: request.reason ?? null,
      metadata: request.metadata ?? null,
    };
    return once => new ChargeCredits(target, terms, once, unfixed, refusal);
  },
});
