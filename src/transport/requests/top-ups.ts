import { z } from 'zod';
import { decimalsOf, smallestUnit } from '../../stripe/payments/money.js';
import type { PackDefinition } from '../../stripe/top-ups/pack.js';
import { PACK_ID } from '../../stripe/top-ups/packs.js';
import { LONGEST_TEXT, money, priority, text, unit, wholeNumber } from './fields.js';

/** What Stripe takes in one payment: eight digits of the smallest unit. */
const MOST_MONEY = 99_999_999n;
const LEAST_LIFE_SECONDS = 3_600;
const MOST_LIFE_SECONDS = 100 * 366 * 86_400;
const LONGEST_URL = 2_048;
const PER_UNIT_DIGITS = 12;

export const packId = z.string().regex(PACK_ID, `must match ${PACK_ID.source}`);

const credits = z
  .string('must be a decimal string such as "1000"')
  .max(32, 'must have at most 32 characters')
  .regex(/^(0|[1-9][0-9]*)(\.[0-9]+)?$/, 'must be a decimal string such as "1000"')
  .refine(value => /[1-9]/.test(value), 'must be more than zero');
const currency = money.currency.transform(value => value.toLowerCase());
const expiresAfterSeconds = wholeNumber(LEAST_LIFE_SECONDS, MOST_LIFE_SECONDS).meta({
  description: 'From the moment it is paid; never, if left out.',
});
const price = z.strictObject({ amount: money.amount, currency }, 'must be an object');
const bonus = z.strictObject(
  { amount: credits, expires_after_seconds: expiresAfterSeconds.optional() },
  'must be an object',
);
const open = z.strictObject(
  {
    currency,
    credits_per_unit: credits.refine(
      value => (value.split('.')[1] ?? '').length <= PER_UNIT_DIGITS,
      `must have at most ${PER_UNIT_DIGITS} digits after the point`,
    ),
    least: money.amount,
    most: money.amount,
  },
  'must be an object',
);
const connect = z.strictObject(
  {
    destination: z.string('must be a string').regex(/^acct_[A-Za-z0-9]{1,64}$/, 'must be a connected account, acct_…'),
    application_fee: money.amount.optional().meta({ description: 'What stays with us, in the main unit.' }),
  },
  'must be an object',
);

export const putPackRequest = z
  .strictObject(
    {
      name: text(LONGEST_TEXT).meta({ description: 'What the buyer sees.' }),
      active: z.boolean('must be true or false').default(true),
      unit: unit.default('credits'),
      priority: priority.default(50),
      expires_after_seconds: expiresAfterSeconds.optional(),
      amount: credits.optional().meta({ description: 'Of a pack with a price.' }),
      price: price.optional().meta({ description: 'Of a pack with an amount.' }),
      bonus: bonus.optional().meta({ description: 'Comes on top, as a lot of its own.' }),
      stripe_price: text(LONGEST_TEXT)
        .optional()
        .meta({ description: 'A price of Stripe, which then says what is to be paid.' }),
      open: open.optional().meta({ description: 'In place of amount and price: the buyer chooses how much money.' }),
      connect: connect.optional().meta({ description: 'The money goes to a connected account.' }),
      automatic_tax: z.boolean('must be true or false').default(false),
      promotion_codes: z.boolean('must be true or false').default(false),
    },
    'must be an object',
  )
  .superRefine((pack, context) => {
    for (const [path, message] of wrongsOf(pack)) context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta({
    id: 'PutPackRequest',
    examples: [
      { name: '1,000 credits', amount: '1000', price: { amount: '10', currency: 'usd' }, bonus: { amount: '50' } },
    ],
  });

interface Given {
  readonly amount?: string | undefined;
  readonly price?: z.output<typeof price> | undefined;
  readonly bonus?: object | undefined;
  readonly stripe_price?: string | undefined;
  readonly open?: z.output<typeof open> | undefined;
  readonly connect?: z.output<typeof connect> | undefined;
}

function* wrongsOf({
  amount,
  price: fixed,
  open: chosen,
  ...pack
}: Given): Generator<[path: string[], message: string]> {
  if (chosen === undefined) {
    if (amount === undefined) yield [['amount'], 'is required, unless the buyer chooses (open)'];
    if (fixed === undefined) yield [['price'], 'is required, unless the buyer chooses (open)'];
  } else {
    const others = { amount, price: fixed, bonus: pack.bonus, stripe_price: pack.stripe_price };
    for (const [name, value] of Object.entries(others)) if (value !== undefined) yield [[name], 'cannot go with open'];
  }
  if (fixed !== undefined) yield* wrongMoney(['price', 'amount'], fixed.amount, fixed.currency);
  if (chosen !== undefined) {
    yield* wrongMoney(['open', 'least'], chosen.least, chosen.currency);
    yield* wrongMoney(['open', 'most'], chosen.most, chosen.currency);
    const [least, most] = [chosen.least, chosen.most].map(each => smallestUnit(each, chosen.currency));
    if (typeof least === 'bigint' && typeof most === 'bigint' && least > most)
      yield [['open', 'most'], 'must not be less than open.least'];
  }
  const fee = pack.connect?.application_fee;
  const of = fixed ?? (chosen && { amount: chosen.least, currency: chosen.currency });
  if (fee === undefined || of === undefined) return;
  const [kept, all] = [fee, of.amount].map(each => smallestUnit(each, of.currency));
  if (typeof kept !== 'bigint' || typeof all !== 'bigint' || kept > all)
    yield [['connect', 'application_fee'], 'must be at most what is paid'];
}

function* wrongMoney(path: string[], amount: string, of: string): Generator<[path: string[], message: string]> {
  const minor = smallestUnit(amount, of);
  if (minor === null) yield [path, `must have at most ${decimalsOf(of)} digits after the point in ${of}`];
  else if (minor === 0n || minor > MOST_MONEY)
    yield [path, 'must be more than zero, and no more than Stripe takes at once'];
}

/** As it is kept. */
export function packOf(request: z.output<typeof putPackRequest>): PackDefinition {
  const { name, active, connect: to } = request;
  const common = {
    name,
    active,
    unit: request.unit,
    priority: request.priority,
    expiresAfterSeconds: request.expires_after_seconds ?? null,
    connect: to === undefined ? null : { destination: to.destination, applicationFee: to.application_fee ?? null },
    automaticTax: request.automatic_tax,
    promotionCodes: request.promotion_codes,
  };
  if (request.open !== undefined) {
    const { currency: of, credits_per_unit: perUnit, least, most } = request.open;
    return { kind: 'open', ...common, perUnit, currency: of, least, most };
  }
  return {
    kind: 'fixed',
    ...common,
    amount: request.amount!,
    price: request.price!,
    stripePrice: request.stripe_price ?? null,
    bonus:
      request.bonus === undefined
        ? null
        : { amount: request.bonus.amount, expiresAfterSeconds: request.bonus.expires_after_seconds ?? null },
  };
}

/** Where people come back to from Stripe's pages. */
export const webPage = text(LONGEST_URL).refine(isWebPage, 'must be a URL, https://… (http only on this machine)');

export const topUpRequest = z
  .strictObject(
    {
      pack: packId.optional(),
      amount: money.amount
        .optional()
        .meta({ description: 'Money, in the main unit; with currency, in place of pack.' }),
      currency: money.currency.optional(),
      success_url: webPage.meta({ description: 'Where the buyer comes back to. It says nothing about the payment.' }),
      cancel_url: webPage,
      save_card: z
        .boolean('must be true or false')
        .default(false)
        .meta({ description: 'The card may be charged later, when its owner is not there: what auto top-ups need.' }),
    },
    'must be an object',
  )
  .superRefine(({ pack, amount, currency: of }, context) => {
    const wrong = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    if (pack !== undefined) {
      if (amount !== undefined) wrong('amount', 'cannot go with pack');
      if (of !== undefined) wrong('currency', 'cannot go with pack');
    } else if (amount === undefined && of === undefined) {
      wrong('pack', 'is required, unless amount and currency are given');
    } else if (amount === undefined) wrong('amount', 'is required with currency');
    else if (of === undefined) wrong('currency', 'is required with amount');
  })
  .meta({
    id: 'TopUpRequest',
    examples: [
      { pack: 'starter', success_url: 'https://example.com/thanks', cancel_url: 'https://example.com/credits' },
    ],
  });

function isWebPage(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}
