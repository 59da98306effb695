import { z } from 'zod';
import { moment } from './fields.js';
import { opsReason } from './runs.js';

const LONGEST_DAYS = 400;
const DAY_MS = 86_400_000;

export const reconcileStripeRequest = z
  .strictObject(
    {
      from: moment.meta({ description: 'What Stripe has from then on; included.' }),
      to: moment.optional().meta({ description: `Excluded, at most ${LONGEST_DAYS} days later; now if left out.` }),
      dry_run: z.boolean('must be true or false').default(true).meta({ description: 'Only tell what differs.' }),
      reason: opsReason,
    },
    'must be an object',
  )
  .transform(({ to = Date.now(), ...request }) => ({ ...request, to }))
  .superRefine(({ from, to }, context) => {
    if (to > from && to - from <= LONGEST_DAYS * DAY_MS) return;
    const message = `must be before to (now, where that is left out), by at most ${LONGEST_DAYS} days`;
    context.addIssue({ code: 'custom', path: ['from'], message });
  })
  .meta({
    id: 'ReconcileStripeRequest',
    examples: [{ from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z', dry_run: true, reason: 'november' }],
  });
