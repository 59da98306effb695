import { z } from 'zod';
import { MEASURES } from '../../alerts/alert-rule.js';
import type { WantedPolicy } from '../../stripe/auto-top-ups/auto-top-ups.js';
import type { Purchase } from '../../stripe/auto-top-ups/policy.js';
import { money, wholeNumber } from './fields.js';
import { packId, webPage } from './top-ups.js';

const MOST_A_MONTH = 1_000;
const LONGEST_COOLDOWN_SECONDS = 31 * 86_400;
const DEFAULT_A_MONTH = 30;
const DEFAULT_COOLDOWN_SECONDS = 300;

const credits = z
  .string('must be a decimal string such as "100"')
  .max(32, 'must have at most 32 characters')
  .regex(/^(0|[1-9][0-9]*)(\.[0-9]+)?$/, 'must be a decimal string such as "100"');

export const autoTopUpRequest = z
  .strictObject(
    {
      enabled: z.boolean('must be true or false').default(true),
      threshold: credits.meta({ description: 'Buy when what is left comes down to so many credits.' }),
      measure: z.enum(MEASURES, 'must be unspent or available').default('unspent').meta({
        description: '`unspent` is available and held together: work in flight does not move it up and down.',
      }),
      pack: packId.optional(),
      amount: money.amount.optional().meta({ description: 'Money each time, in the main unit; with currency.' }),
      target: credits
        .optional()
        .meta({ description: 'Credits there are to be afterwards, what is owed paid; with currency.' }),
      currency: money.currency.optional(),
      monthly_limit: z
        .strictObject(
          {
            amount: money.amount.meta({ description: 'Money, in the main unit of the currency of what is bought.' }),
            count: wholeNumber(1, MOST_A_MONTH).default(DEFAULT_A_MONTH).meta({ description: 'Payments.' }),
          },
          'must be an object',
        )
        .meta({ description: 'The most that is spent in a month of UTC.' }),
      cooldown_seconds: wholeNumber(1, LONGEST_COOLDOWN_SECONDS)
        .default(DEFAULT_COOLDOWN_SECONDS)
        .meta({ description: 'From the end of one attempt to the beginning of the next.' }),
      return_url: webPage.meta({
        description: 'Where the owner of the card comes back to when he had to pay himself.',
      }),
    },
    'must be an object',
  )
  .superRefine(({ pack, amount, target, currency }, context) => {
    const wrong = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    const given = Object.entries({ pack, amount, target }).flatMap(([name, value]) =>
      value === undefined ? [] : name,
    );
    if (given.length === 0) wrong('pack', 'is required, unless amount or target is given');
    for (const name of given.slice(1)) wrong(name, `cannot go with ${given[0]}`);
    if (pack !== undefined && currency !== undefined) wrong('currency', 'cannot go with pack');
    if (pack === undefined && given.length > 0 && currency === undefined)
      wrong('currency', `is required with ${given[0]}`);
  })
  .meta({
    id: 'AutoTopUpRequest',
    examples: [
      {
        threshold: '100',
        pack: 'starter',
        monthly_limit: { amount: '100' },
        return_url: 'https://example.com/billing',
      },
    ],
  });

type Asked = z.output<typeof autoTopUpRequest>;

export function wantedPolicy(asked: Asked): WantedPolicy {
  const { enabled, threshold, measure, monthly_limit: monthlyLimit } = asked;
  const { cooldown_seconds: cooldownSeconds, return_url: returnUrl } = asked;
  return { enabled, threshold, measure, purchase: purchaseOf(asked), monthlyLimit, cooldownSeconds, returnUrl };
}

function purchaseOf({ pack, amount, target, currency }: Asked): Purchase {
  if (pack !== undefined) return { kind: 'pack', pack };
  const paidIn = currency!.toLowerCase();
  if (target !== undefined) return { kind: 'target', target, currency: paidIn };
  return { kind: 'amount', amount: amount!, currency: paidIn };
}
