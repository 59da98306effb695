import { z } from 'zod';
import { whyNoAccountId } from '../../shared/account-id.js';
import { UNIT_NAME } from '../../units/unit-registry.js';

/** The limits of the contract, in characters (Unicode code points) unless the name says otherwise. */
export const LONGEST_TEXT = 255;
const LONGEST_METADATA_KEY = 40;
const LONGEST_METADATA_VALUE = 500;
const MOST_METADATA = 50;
const LONGEST_UNIT = 64;
const MOST_LINES = 20;
const MOST_CONDITIONS = 100;
const LONGEST_AMOUNT_CHARS = 64;

/** Zod counts UTF-16 code units; the contract counts characters. */
export function text(most: number, least = 1) {
  return z
    .string('must be a string')
    .refine(
      value => value.length >= least && (value.length <= most || countCharacters(value) <= most),
      `must have ${least} to ${most} characters`,
    )
    .meta({ ...(least > 0 && { minLength: least }), maxLength: most });
}

function countCharacters(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

/** An account's name: the caller's own, compared byte for byte. */
export const accountId = z
  .string('must be a string')
  .superRefine((value, context) => {
    const message = whyNoAccountId(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .meta({ minLength: 1, maxLength: LONGEST_TEXT })
  .meta({ description: "The caller's own id of an account, percent-encoded.", examples: ['user_42'] });

export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number, ${least} to ${most}`;
  return z.number(message).int(message).min(least, message).max(most, message);
}

/** Checked further against the scale of its unit, once that is known (`Amounts`). */
export const amount = z
  .union(
    [
      z.string().meta({ pattern: '^(0|[1-9][0-9]*)(\\.[0-9]+)?$', maxLength: LONGEST_AMOUNT_CHARS }),
      z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    ],
    'must be a decimal string such as "12.5", or an integer up to 9007199254740991',
  )
  .meta({
    id: 'Amount',
    description: 'Decimal digits, no more of them after the point than the unit has; never rounded. Or an integer.',
    examples: ['12.5'],
  });

/** Whether there is such a unit is for the registry to say. */
export const unit = text(LONGEST_UNIT).meta({ description: 'What is counted.', examples: ['credits'] });

export const unitName = z.string().regex(UNIT_NAME, `must match ${UNIT_NAME.source}`);

const line = z.strictObject({ unit, amount }, 'must be an object').meta({ id: 'Line' });

export const lines = z
  .array(line, 'must be a list')
  .min(1, 'must not be empty')
  .max(MOST_LINES, `must have at most ${MOST_LINES} lines`)
  .superRefine((value, context) => {
    value.forEach(({ unit: name }, index) => {
      if (value.findIndex(other => other.unit === name) < index) {
        context.addIssue({ code: 'custom', path: [index, 'unit'], message: 'is named twice' });
      }
    });
  });

export const reason = text(LONGEST_TEXT, 0).meta({ description: 'Why, in words; kept on the entry.' });

export const member = text(LONGEST_TEXT).meta({ description: 'Which member of the account it is for.' });

export const metadata = z
  .record(text(LONGEST_METADATA_KEY), text(LONGEST_METADATA_VALUE, 0), 'must be an object of strings')
  .refine(value => Object.keys(value).length <= MOST_METADATA, `must have at most ${MOST_METADATA} members`)
  .meta({
    id: 'Metadata',
    description: `At most ${MOST_METADATA} strings of the caller's own.`,
    maxProperties: MOST_METADATA,
  });

/** RFC 3339 has four digits for a year; an offset can lead beyond them. */
const FIRST_MOMENT = Date.parse('0000-01-01T00:00:00Z');
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z');

/** Milliseconds since the epoch; finer fractions are cut off. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time like 2026-11-30T12:00:00Z' })
  .refine(
    value => !(Date.parse(value) < FIRST_MOMENT || Date.parse(value) > LAST_MOMENT),
    'must lie in the years 0000 to 9999 of UTC',
  )
  .transform(value => Date.parse(value));

export const money = {
  amount: z
    .string('must be a decimal string such as "19.99"')
    .max(LONGEST_AMOUNT_CHARS, `must have at most ${LONGEST_AMOUNT_CHARS} characters`)
    .regex(/^(0|[1-9][0-9]*)(\.[0-9]+)?$/, 'must be a decimal string such as "19.99"'),
  currency: z.string('must be a string').regex(/^[A-Za-z]{3}$/, 'must be a currency of three letters'),
};

export const cost = z
  .strictObject(money, 'must be an object')
  .meta({ id: 'Cost', description: "Money, in the currency's main unit." });

const condition = z
  .array(text(LONGEST_TEXT), 'must be a list of strings')
  .min(1, 'must not be empty')
  .max(MOST_CONDITIONS, `must have at most ${MOST_CONDITIONS} items`);

export const appliesTo = z
  .strictObject(
    { meters: condition.optional(), models: condition.optional(), members: condition.optional() },
    'must be an object',
  )
  .meta({
    id: 'AppliesTo',
    description: 'Where a lot may be spent: every list given must contain what the spend has.',
  });

export const priority = wholeNumber(0, 100).meta({ description: 'Lower burns first.' });
export const ttlSeconds = wholeNumber(1, 86_400);
export const graceSeconds = wholeNumber(0, 60);
export const scale = wholeNumber(0, 9).meta({ description: 'Digits after the point.' });
export const rateLimitPerSecond = wholeNumber(1, 100_000);
