import { z } from 'zod';
import { ExtendReservation } from '../../ledger/commands/extend-reservation.js';
import type { Extend } from '../../ledger/domain/command.js';
import { amount, ttlSeconds, unit } from './fields.js';
import { numberedOperation, type Numbered, type Readers } from './operation.js';

const MS_PER_SECOND = 1000;

const extendRequest = z
  .strictObject(
    {
      ttl_seconds: ttlSeconds.meta({ description: 'Counted from now; never shortens.' }).optional(),
      add_amount: amount.optional(),
      unit: unit.optional(),
    },
    'must be an object',
  )
  .superRefine((request, context) => {
    if (request.ttl_seconds === undefined && request.add_amount === undefined) {
      context.addIssue({ code: 'custom', path: ['ttl_seconds'], message: 'is required, or add_amount, or both' });
    }
    if (request.unit !== undefined && request.add_amount === undefined) {
      context.addIssue({ code: 'custom', path: ['unit'], message: 'goes with add_amount' });
    }
  })
  .meta({
    id: 'ExtendRequest',
    description: '`unit` where the reservation has several lines.',
    examples: [{ ttl_seconds: 600, add_amount: '10' }],
  });

export const EXTEND = numberedOperation({
  name: 'extend',
  addresses: 'reservation',
  status: 200,
  request: extendRequest,
  summary: 'Prolong a reservation, or let it grow, or both',
  refusals: [
    'reservation_not_found',
    'unit_not_found',
    'amount_too_large',
    'insufficient_credits',
    'limit_reached',
    'account_frozen',
    'reservation_closed',
    'reservation_expired',
  ],
  async prepare(request, at, readers, part) {
    const terms = {
      reservation: at.number,
      ttlMs: request.ttl_seconds === undefined ? null : request.ttl_seconds * MS_PER_SECOND,
      add: await growth(request, at, readers, part),
    };
    return once => new ExtendReservation(at.target, terms, once);
  },
});

async function growth(
  request: z.output<typeof extendRequest>,
  at: Numbered,
  { amounts, entryUnits }: Readers,
  part: string,
): Promise<Extend['add']> {
  if (request.add_amount === undefined) return null;
  const named = request.unit ?? (await entryUnits.find(at.id, at.target, at.number));
  const read = await amounts.read([{ location: `${part}.add_amount`, unit: named, input: request.add_amount }]);
  return { amount: read.values[0]!, unit: request.unit ?? null };
}
