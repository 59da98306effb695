import { z } from 'zod';
import { PRICE_DIGITS, PRICE_PATTERN, QUANTITY_DIGITS, QUANTITY_PATTERN, WHOLE_DIGITS } from './fixed-point.js';
import { ROUNDINGS } from './rounding.js';

/** Names of cards: what may stand in a path. */
export const CARD_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Names of meters, kinds and properties; `__proto__` is none, so each can be a member of a JSON object. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const MOST_PROPERTIES = 20;
export const MOST_KINDS = 50;
export const LONGEST_PROPERTY_CHARS = 255;
const MOST_METERS = 200;
/** What a reservation may have lines. */
const MOST_CHARGES = 20;
const MOST_PRICES = 500;
const MOST_STEPS = 20;
const LONGEST_NAME_CHARS = 255;
const LONGEST_DESCRIPTION_CHARS = 1000;

function text(most: number, least: number) {
  const message = `must have ${least} to ${most} characters`;
  return z.string('must be a string').min(least, message).max(most, message);
}

function listOf<T extends z.ZodType>(item: T, most: number, things: string) {
  return z.array(item, 'must be a list').min(1, 'must not be empty').max(most, `must have at most ${most} ${things}`);
}

function namedBy<T extends z.ZodType>(value: T, most: number, things: string) {
  const count = (record: object): number => Object.keys(record).length;
  return z
    .record(z.string().regex(NAME, `must match ${NAME.source}`), value, `must be an object of ${things} by name`)
    .refine(record => count(record) >= 1, 'must not be empty')
    .refine(record => count(record) <= most, `must have at most ${most} ${things}`);
}

function decimal(pattern: RegExp, digits: number, example: string) {
  const error = `must be a decimal such as "${example}", at most ${WHOLE_DIGITS} digits before the point and ${digits} after it`;
  return z.union([z.string().regex(pattern), z.int().min(0)], { error }).transform(String);
}

/** How much of something; a JSON integer becomes its text. */
export const quantity = decimal(QUANTITY_PATTERN, QUANTITY_DIGITS, '1200').meta({
  id: 'Quantity',
  description: `A decimal, at most ${QUANTITY_DIGITS} digits after the point. Or an integer.`,
  examples: ['1200'],
});

const price = decimal(PRICE_PATTERN, PRICE_DIGITS, '2.50').meta({
  id: 'RatePrice',
  description: `A decimal, exact to ${PRICE_DIGITS} digits after the point; it need not fit the unit's scale. Or an integer.`,
  examples: ['2.50'],
});

const positiveQuantity = quantity.refine(value => /[1-9]/.test(value), 'must be more than zero');

const step = z.strictObject(
  {
    up_to: positiveQuantity.optional().meta({ description: 'Inclusive; the last step has none.' }),
    price,
    flat: price.optional().meta({ description: 'Once, where any of the quantity falls into this step.' }),
  },
  'must be an object',
);

const steps = listOf(step, MOST_STEPS, 'steps').superRefine((value, context) => {
  value.forEach(({ up_to: bound }, index) => {
    const last = index === value.length - 1;
    if ((bound === undefined) === last) return;
    const message = last ? 'must not be on the last step: it has no end' : 'is required on every step but the last';
    context.addIssue({ code: 'custom', path: [index, 'up_to'], message });
  });
});

const rate = z
  .union(
    [
      price,
      z.strictObject({ graduated: steps.meta({ description: 'Each part of the quantity at the price of its step.' }) }),
      z.strictObject({
        volume: steps.meta({ description: 'All of the quantity at the price of the step it reaches.' }),
      }),
    ],
    'must be a price, or {"graduated": [steps]}, or {"volume": [steps]}',
  )
  .meta({ id: 'Rate' });

const pattern = text(LONGEST_PROPERTY_CHARS, 1).refine(
  value => !value.slice(0, -1).includes('*'),
  'may have a * only at its end',
);

const priceRule = z
  .strictObject(
    {
      match: namedBy(pattern, MOST_PROPERTIES, 'patterns').optional().meta({
        description: 'Every property named must be there and match; `gpt-5*` any that begins so. Without: any event.',
      }),
      base: price.optional().meta({ description: 'Once an event.' }),
      rate: rate.optional().meta({ description: 'Where the quantity is one amount.' }),
      rates: namedBy(rate, MOST_KINDS, 'rates')
        .optional()
        .meta({ description: 'By kind, where the quantity is amounts by kind.' }),
    },
    'must be an object',
  )
  .superRefine((rule, context) => {
    if (rule.rate !== undefined && rule.rates !== undefined) {
      context.addIssue({ code: 'custom', path: ['rates'], message: 'goes without rate' });
    }
    if (rule.base === undefined && rule.rate === undefined && rule.rates === undefined) {
      context.addIssue({ code: 'custom', path: ['rate'], message: 'is required, or rates, or base; "0" is free' });
    }
  })
  .meta({ id: 'RateRule' });

const charge = z
  .strictObject(
    {
      unit: text(64, 1),
      per: positiveQuantity
        .default('1')
        .meta({ description: 'How much of the quantity a rate is for: `1000000` for a price per million.' }),
      minimum: price.optional().meta({ description: 'The least that an event costs.' }),
      rounding: z.enum(ROUNDINGS).optional(),
      prices: listOf(priceRule, MOST_PRICES, 'prices').meta({ description: 'The first that matches counts.' }),
    },
    'must be an object',
  )
  .meta({ id: 'RateCharge' });

const meter = z
  .strictObject(
    {
      description: text(LONGEST_DESCRIPTION_CHARS, 0).optional(),
      charges: listOf(charge, MOST_CHARGES, 'charges').meta({ description: 'One for each unit an event costs.' }),
    },
    'must be an object',
  )
  .meta({ id: 'RateMeter' });

/** What is written by people: prices by meter. `compileCard` says what else must hold. */
export const cardDefinition = z.strictObject(
  {
    name: text(LONGEST_NAME_CHARS, 1).optional(),
    description: text(LONGEST_DESCRIPTION_CHARS, 0)
      .optional()
      .meta({ description: 'Where prices come from, and of when they are.' }),
    rounding: z.enum(ROUNDINGS, `must be one of ${ROUNDINGS.join(', ')}`).meta({
      description: "Of an event's cost to what its unit can say, once; a charge may have its own.",
    }),
    meters: namedBy(meter, MOST_METERS, 'meters'),
  },
  'must be an object',
);

export type CardDefinition = z.output<typeof cardDefinition>;
export type RateDefinition = z.output<typeof rate>;
export type PriceRuleDefinition = z.output<typeof priceRule>;
