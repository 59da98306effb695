import { z } from 'zod';
import { GrantCredits } from '../../ledger/commands/grant-credits.js';
import { LOT_CATEGORIES } from '../../ledger/domain/account.js';
import { amount, appliesTo, cost, LONGEST_TEXT, metadata, moment, priority, reason, text, unit } from './fields.js';
import { accountOperation } from './operation.js';

const grantRequest = z
  .strictObject(
    {
      amount,
      unit: unit.default('credits'),
      category: z.enum(LOT_CATEGORIES).default('promotional'),
      priority: priority.default(50),
      expires_at: moment.optional(),
      applies_to: appliesTo.optional(),
      cost: cost.optional(),
      reference: text(LONGEST_TEXT)
        .meta({ description: "The caller's own fact, an order's id for example: granted once per account, for ever." })
        .optional(),
      reason: reason.optional(),
      metadata: metadata.optional(),
    },
    'must be an object',
  )
  .meta({ id: 'GrantRequest', examples: [{ amount: '100', reference: 'order-17', reason: 'welcome' }] });

export const GRANT = accountOperation({
  name: 'grant',
  status: 201,
  request: grantRequest,
  summary: 'Add credits to an account, as a lot of their own',
  refusals: ['unit_not_found', 'amount_too_large', 'fact_already_recorded', 'too_many_lots'],
  async prepare(request, target, { amounts }, part) {
    const read = await amounts.read([{ location: `${part}.amount`, unit: request.unit, input: request.amount }]);
    const terms = {
      unit: request.unit,
      amount: read.values[0]!,
      category: request.category,
      priority: request.priority,
      expiresAt: request.expires_at ?? null,
      appliesTo: appliesToOf(request.applies_to),
      cost: request.cost ?? null,
      rollover: null,
      reason: request.reason ?? null,
      metadata: request.metadata ?? null,
    };
    return async once => {
      await amounts.putToUse(read);
      return new GrantCredits(target, terms, request.reference ?? null, once);
    };
  },
});

/** No condition at all is no condition. */
export function appliesToOf({ meters, models, members }: z.output<typeof appliesTo> = {}) {
  if (meters === undefined && models === undefined && members === undefined) return null;
  return { ...(meters && { meters }), ...(models && { models }), ...(members && { members }) };
}
