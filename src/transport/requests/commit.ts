import { z } from 'zod';
import { CommitReservation } from '../../ledger/commands/commit-reservation.js';
import type { Commit } from '../../ledger/domain/command.js';
import { eventFields, priceOfCommit } from './event.js';
import { amount, cost, lines, metadata } from './fields.js';
import { numberedOperation, type Numbered, type Readers } from './operation.js';
import { lineAmounts, linesOf } from './spend.js';

const commitRequest = z
  .strictObject(
    {
      amount: amount.optional(),
      lines: lines.optional(),
      quantity: eventFields.quantity,
      properties: eventFields.properties
        .unwrap()
        .optional()
        .meta({ description: "On top of the reservation's, `model` for example." }),
      final: z.boolean('must be true or false').default(true).meta({ description: '`false` keeps the rest held.' }),
      provider_cost: cost.optional(),
      metadata: metadata.optional(),
    },
    'must be an object',
  )
  .superRefine((request, context) => {
    const forms = (['amount', 'lines', 'quantity'] as const).filter(form => request[form] !== undefined);
    if (forms.length > 1) context.addIssue({ code: 'custom', path: [forms[1]!], message: `goes without ${forms[0]}` });
    if (request.properties === undefined || request.quantity !== undefined) return;
    context.addIssue({ code: 'custom', path: ['properties'], message: 'goes with quantity' });
  })
  .meta({
    id: 'CommitRequest',
    examples: [{ amount: '31.5' }],
    description:
      '`amount` where the reservation has one line, or `lines`, or `quantity` where it was made by event: priced by the ' +
      'same version of the rate card. All that is left where there is none of them.',
  });

export const COMMIT = numberedOperation({
  name: 'commit',
  addresses: 'reservation',
  status: 200,
  request: commitRequest,
  summary: 'Spend (part of) a reservation',
  refusals: [
    'reservation_not_found',
    'unit_not_found',
    'amount_too_large',
    'insufficient_credits',
    'limit_reached',
    'commit_exceeds_reservation',
    'reservation_closed',
    'reservation_expired',
  ],
  async prepare(request, at, readers, part) {
    const event = request.quantity === undefined ? undefined : await priceOfCommit(request, at, readers, part);
    const terms = {
      reservation: at.number,
      actual: event?.lines ?? (await actual(request, at, readers, part)),
      event,
      final: request.final,
      providerCost: request.provider_cost ?? null,
      metadata: request.metadata ?? null,
    };
    return once => new CommitReservation(at.target, terms, once);
  },
});

async function actual(
  request: z.output<typeof commitRequest>,
  at: Numbered,
  { amounts, entryUnits }: Readers,
  part: string,
): Promise<Commit['actual']> {
  if (request.lines !== undefined) {
    const fields = lineAmounts(request.lines, part).map(field => ({ ...field, mayBeZero: true }));
    return linesOf(await amounts.read(fields));
  }
  if (request.amount === undefined) return null;
  const unit = await entryUnits.find(at.id, at.target, at.number);
  const field = { location: `${part}.amount`, unit, input: request.amount, mayBeZero: true };
  return (await amounts.read([field])).values[0]!;
}
