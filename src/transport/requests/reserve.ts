import { z } from 'zod';
import { ReserveCredits } from '../../ledger/commands/reserve-credits.js';
import { LATE_POLICIES, OVERAGE_POLICIES } from '../../ledger/domain/account.js';
import type { Reserve } from '../../ledger/domain/command.js';
import { graceSeconds, member, metadata, ttlSeconds } from './fields.js';
import { accountOperation } from './operation.js';
import { checkSpend, readSpend, spendFields } from './spend.js';

const MS_PER_SECOND = 1000;

export const reserveRequest = z
  .strictObject(
    {
      ...spendFields,
      ttl_seconds: ttlSeconds.default(900),
      grace_seconds: graceSeconds.default(5),
      overage: z.enum(OVERAGE_POLICIES).default('allow_available'),
      late: z.enum(LATE_POLICIES).default('reject'),
      member: member.optional(),
      metadata: metadata.optional(),
    },
    'must be an object',
  )
  .superRefine(checkSpend)
  .meta({
    id: 'ReserveRequest',
    description: 'Either `amount` of one `unit`, or `lines`, or `quantity` of a `meter`, which a rate card prices.',
    examples: [
      { amount: '40', ttl_seconds: 600 },
      { meter: 'llm_tokens', quantity: { input: '1200', output: '800' }, properties: { model: 'gpt-5' } },
    ],
  });

export const RESERVE = accountOperation({
  name: 'reserve',
  status: 201,
  request: reserveRequest,
  summary: 'Hold credits for work in flight',
  refusals: [
    'unit_not_found',
    'meter_not_found',
    'amount_too_large',
    'insufficient_credits',
    'limit_reached',
    'account_frozen',
    'too_many_reservations',
  ],
  async prepare(request, target, readers, part) {
    const spend = await readSpend(request, target, readers, part);
    const terms = reserveTerms(request, spend);
    return once => new ReserveCredits(target, terms, once, spend.unfixed, spend.refusal);
  },
});

export function reserveTerms(
  request: z.output<typeof reserveRequest>,
  { lines, event, meter, model }: Pick<Reserve, 'lines' | 'event' | 'meter' | 'model'>,
): Omit<Reserve, 'type'> {
  return {
    lines,
    event,
    ttlMs: request.ttl_seconds * MS_PER_SECOND,
    graceMs: request.grace_seconds * MS_PER_SECOND,
    overage: request.overage,
    late: request.late,
    meter,
    model,
    member: request.member ?? null,
    metadata: request.metadata ?? null,
  };
}
