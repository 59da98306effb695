import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cardDefinition, type CardDefinition } from './card-definition.js';
import { compileCard, definitionErrors } from './compile-card.js';
import { givenEvent } from './given-event.js';
import { naiveCost } from './naive-cost.js';
import { priceEvent } from './price-event.js';
import { ROUNDINGS } from './rounding.js';

const RUNS = 1_000;
const MAX = 2n ** 63n - 1n;
const KINDS = ['input', 'cached_input', 'output'];

/** Digits with a point somewhere, of any size the schema takes: small ones more often than huge ones. */
function decimals(fractionDigits: number): fc.Arbitrary<string> {
  const whole = fc.oneof(
    { weight: 6, arbitrary: fc.nat(2_000).map(String) },
    { weight: 2, arbitrary: fc.bigInt(0n, 10n ** 18n - 1n).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('0', '999999999999999999', '9223372036854775807'.slice(0, 18)) },
  );
  const fraction = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 0, maxLength: fractionDigits });
  return fc.tuple(whole, fraction).map(([before, after]) => (after === '' ? before : `${before}.${after}`));
}

const price = decimals(18);
const quantity = decimals(9);
const positive = quantity.filter(text => /[1-9]/.test(text));

/** In units of 10^-9, for sorting only. */
const fine = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
};

const steps = fc
  .tuple(
    fc.uniqueArray(positive, { maxLength: 5, selector: fine }),
    fc.array(fc.tuple(price, fc.option(price, { nil: undefined })), { minLength: 6, maxLength: 6 }),
  )
  .map(([bounds, prices]) => {
    const rising = [...bounds].sort((a, b) => (fine(a) < fine(b) ? -1 : 1));
    return [...rising, undefined].map((bound, i) => ({
      ...(bound !== undefined && { up_to: bound }),
      price: prices[i]![0],
      ...(prices[i]![1] !== undefined && { flat: prices[i]![1] }),
    }));
  });
const rate = fc.oneof(
  price,
  steps.map(graduated => ({ graduated })),
  steps.map(volume => ({ volume })),
);
const rule = fc.oneof(
  fc.record({ rate }),
  fc.record({ rate, base: price }),
  fc.record({ rates: fc.record(Object.fromEntries(KINDS.map(kind => [kind, rate]))), base: price }),
  fc.record({ base: price }),
);
const models = fc.constantFrom('gpt-5', 'gpt-5-mini', 'gpt-5-mini-2', 'claude', 'o4', '');
const patterns = fc.constantFrom('gpt-5', 'gpt-5*', 'gpt-5-mini', 'gpt*', 'claude*', '*');
const charge = fc.record({
  per: fc.oneof(fc.constantFrom('1', '1000', '1000000'), positive),
  minimum: price,
  rounding: fc.constantFrom(...ROUNDINGS),
  prices: fc
    .array(fc.tuple(fc.option(patterns, { nil: undefined }), rule), { minLength: 1, maxLength: 5 })
    .map(rules => rules.map(([model, each]) => (model === undefined ? each : { ...each, match: { model } }))),
});
const event = fc.record({
  quantity: fc.oneof(quantity, fc.record(Object.fromEntries(KINDS.map(kind => [kind, quantity])))),
  model: fc.option(models, { nil: undefined }),
  scale: fc.nat(9),
});

function definitionOf(given: unknown): CardDefinition {
  return cardDefinition.parse({
    rounding: 'up',
    meters: { m: { charges: [{ unit: 'credits', ...(given as object) }] } },
  });
}

describe('priceEvent, against fractions that were written independently', () => {
  it('costs the same to the last base unit, or both find no price', () => {
    let compared = 0;
    fc.assert(
      fc.property(charge, event, (given, { quantity: used, model, scale }) => {
        const definition = definitionOf(given);
        const properties: Record<string, string> = model === undefined ? {} : { model };
        const found = priceEvent(compileCard('c', 1, definition), givenEvent('m', used, properties), () => scale);
        const expected = naiveCost(definition.meters['m']!.charges[0]!, used, properties, scale);
        if (expected === null) return expect(found.ok).toBe(false);
        if (expected > MAX) return expect(found).toMatchObject({ ok: false, code: 'amount_too_large' });
        compared++;
        return expect(found).toEqual({ ok: true, lines: [{ unit: 'credits', amount: expected }] });
      }),
      { numRuns: RUNS },
    );
    expect(compared).toBeGreaterThan(RUNS / 20);
  });

  it('never costs less for more of the same, but at the bound of a volume tier', () => {
    const flat = charge.map(({ prices, ...rest }) => ({ ...rest, prices: [{ rate: '0.7' }, ...prices].slice(0, 1) }));
    fc.assert(
      fc.property(flat, quantity, quantity, fc.nat(9), (given, a, b, scale) => {
        const card = compileCard('c', 1, definitionOf(given));
        const cost = (used: string): bigint => {
          const found = priceEvent(card, givenEvent('m', used, {}), () => scale);
          return found.ok ? found.lines[0]!.amount : MAX + 1n;
        };
        const [less, more] = fine(a) <= fine(b) ? [a, b] : [b, a];
        expect(cost(less) <= cost(more)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('a price that is said never to be reached never is', () => {
    fc.assert(
      fc.property(charge, models, (given, model) => {
        const definition = definitionOf(given);
        const unreached = definitionErrors(definition, 'body').map(({ location }) =>
          Number(/\[(\d+)\]$/.exec(location)![1]),
        );
        const { prices } = definition.meters['m']!.charges[0]!;
        const first = prices.findIndex(({ match }) => {
          const pattern = match?.['model'];
          if (pattern === undefined) return true;
          return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : model === pattern;
        });
        expect(unreached).not.toContain(first);
      }),
      { numRuns: RUNS },
    );
  });
});
