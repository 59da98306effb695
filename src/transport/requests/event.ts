import { z } from 'zod';
import type { PricedEvent } from '../../ledger/domain/priced-event.js';
import type { Target } from '../../ledger/submission.js';
import { LONGEST_PROPERTY_CHARS, MOST_KINDS, MOST_PROPERTIES, NAME, quantity } from '../../rates/card-definition.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { text } from './fields.js';
import type { Numbered, Readers } from './operation.js';
import { invalidRequest } from './parse-request.js';

const LONGEST_METER_CHARS = 64;

function named<T extends z.ZodType>(value: T, most: number, message: string) {
  return z
    .record(z.string().regex(NAME, `must match ${NAME.source}`), value, message)
    .refine(record => Object.keys(record).length <= most, `must have at most ${most} members`);
}

const kinds = named(quantity, MOST_KINDS, 'must be an object of amounts by kind').refine(
  record => Object.keys(record).length > 0,
  'must not be empty',
);

/** What was used, and how much of it; a rate card says what that costs. */
export const eventFields = {
  meter: text(LONGEST_METER_CHARS).optional().meta({ description: 'Of the rate card: what is used.' }),
  quantity: z
    .union(
      [quantity, kinds],
      'must be a decimal such as "1200", or amounts by kind such as {"input": "1200", "output": "800"}',
    )
    .optional()
    .meta({ description: 'How much: one amount, or amounts by kind.', examples: [{ input: '1200', output: '800' }] }),
  properties: named(text(LONGEST_PROPERTY_CHARS, 0), MOST_PROPERTIES, 'must be an object of strings')
    .optional()
    .meta({ description: 'What prices and limits go by, such as `model`. Kept for ever: name nobody in them.' }),
};

type GivenQuantity = string | Readonly<Record<string, string>>;

interface Fields {
  readonly meter?: string | undefined;
  readonly quantity?: GivenQuantity | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Of a spend by event: a meter, and more than nothing of it. */
export function checkEvent({ meter, quantity: used, properties }: Fields, context: z.core.$RefinementCtx): void {
  const wrong = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
  if (meter === undefined) {
    if (used !== undefined) wrong('quantity', 'goes with meter');
    if (properties !== undefined) wrong('properties', 'goes with meter');
  } else if (used === undefined) wrong('quantity', 'is required with meter');
  else if (isNothing(used)) wrong('quantity', 'must be more than zero');
}

function isNothing(used: GivenQuantity): boolean {
  const amounts = typeof used === 'string' ? [used] : Object.values(used);
  return amounts.every(amount => !/[1-9]/.test(amount));
}

/**
 * The event of a spend by the card that is in effect, or why it has no price: another time it may have one, so a request
 * that took effect before must still get its first answer.
 */
export async function priceOfEvent(
  { quantity: used, properties = {}, meter = '' }: Fields,
  target: Target,
  { pricing }: Pick<Readers, 'pricing'>,
  part: string,
): Promise<PricedEvent | LedgerError> {
  try {
    return await pricing.priceNow(target, { meter, quantity: used!, properties }, part);
  } catch (error) {
    if (error instanceof LedgerError && error.code !== 'busy') return error;
    throw error;
  }
}

/** The event of a commit, by the version that its reservation was priced by. */
export async function priceOfCommit(
  { quantity: used, properties = {} }: Fields,
  at: Numbered,
  { pricing, reservationEvents }: Pick<Readers, 'pricing' | 'reservationEvents'>,
  part: string,
): Promise<PricedEvent> {
  const agreed = await reservationEvents.find(at.id, at.target, at.number);
  if (agreed !== null) return pricing.priceAgreed(agreed, used!, properties, part);
  const message = 'goes with a reservation by event; this one was made of amounts: commit an amount, or lines';
  throw invalidRequest([{ location: `${part}.quantity`, message }]);
}
