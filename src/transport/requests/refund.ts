import { z } from 'zod';
import { RefundEntry } from '../../ledger/commands/refund-entry.js';
import { RefundReservation } from '../../ledger/commands/refund-reservation.js';
import { amount, reason, unit } from './fields.js';
import { numberedOperation, type Numbered, type Readers } from './operation.js';

const refundReservationRequest = z
  .strictObject({ amount: amount.optional(), unit: unit.optional(), reason: reason.optional() }, 'must be an object')
  .meta({
    id: 'RefundReservationRequest',
    examples: [{ amount: '5', reason: 'bad answer' }],
    description: 'Without `amount` all that was committed, of `unit` or of every unit, and not yet refunded.',
  });

const refundEntryRequest = z
  .strictObject({ amount: amount.optional(), reason: reason.optional() }, 'must be an object')
  .meta({
    id: 'RefundEntryRequest',
    examples: [{ amount: '5', reason: 'bad answer' }],
    description: 'Without `amount` all that is not yet refunded.',
  });

export const REFUND_RESERVATION = numberedOperation({
  name: 'refund-reservation',
  addresses: 'reservation',
  status: 201,
  request: refundReservationRequest,
  summary: 'Give back credits that were spent of a reservation',
  refusals: ['reservation_not_found', 'unit_not_found', 'amount_too_large', 'refund_exceeds_commit', 'too_many_lots'],
  async prepare(request, at, readers, part) {
    const terms = {
      reservation: at.number,
      amount: await refundedAmount(request, at, readers, part),
      unit: request.unit ?? null,
      reason: request.reason ?? null,
    };
    return once => new RefundReservation(at.target, terms, once);
  },
});

export const REFUND_ENTRY = numberedOperation({
  name: 'refund-entry',
  addresses: 'entry',
  status: 201,
  request: refundEntryRequest,
  summary: 'Give back credits that one commit entry spent, a charge for example',
  refusals: ['entry_not_found', 'amount_too_large', 'refund_exceeds_commit', 'too_many_lots'],
  async prepare(request, at, readers, part) {
    const given = await refundedAmount(request, at, readers, part);
    const terms = { entry: at.number, amount: given, reason: request.reason ?? null };
    return once => new RefundEntry(at.target, terms, once);
  },
});

/** Null for all that can be refunded. */
async function refundedAmount(
  request: { readonly amount?: string | number | undefined; readonly unit?: string | undefined },
  at: Numbered,
  { amounts, entryUnits }: Readers,
  part: string,
): Promise<bigint | null> {
  if (request.amount === undefined) return null;
  const named = request.unit ?? (await entryUnits.find(at.id, at.target, at.number));
  return (await amounts.read([{ location: `${part}.amount`, unit: named, input: request.amount }])).values[0]!;
}
