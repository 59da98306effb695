import { z } from 'zod';
import { CommitReservation } from '../../ledger/commands/commit-reservation.js';
import type { Commit } from '../../ledger/domain/command.js';
import { amount, cost, lines, metadata } from './fields.js';
import { numberedOperation, type Numbered, type Readers } from './operation.js';
import { lineAmounts, linesOf } from './spend.js';

const commitRequest = z
  .strictObject(
    {
      amount: amount.optional(),
      lines: lines.optional(),
      final: z.boolean('must be true or false').default(true).meta({ description: '`false` keeps the rest held.' }),
      provider_cost: cost.optional(),
      metadata: metadata.optional(),
    },
    'must be an object',
  )
  .superRefine((request, context) => {
    if (request.amount === undefined || request.lines === undefined) return;
    context.addIssue({ code: 'custom', path: ['lines'], message: 'goes without amount' });
  })
  .meta({
    id: 'CommitRequest',
    examples: [{ amount: '31.5' }],
    description: '`amount` where the reservation has one line, or `lines`; all that is left where there is neither.',
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
    'commit_exceeds_reservation',
    'reservation_closed',
    'reservation_expired',
  ],
  async prepare(request, at, readers, part) {
    const terms = {
      reservation: at.number,
      actual: await actual(request, at, readers, part),
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
