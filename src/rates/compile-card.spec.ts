import { describe, expect, it } from '@jest/globals';
import { cardDefinition } from './card-definition.js';
import { definitionErrors } from './compile-card.js';

/** What is wrong with the charges of the meter `m`. */
function wrong(...charges: unknown[]): string[] {
  const parsed = cardDefinition.safeParse({ rounding: 'up', meters: { m: { charges } } });
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `${path.slice(3).join('.')}: ${message}`);
  }
  return definitionErrors(parsed.data, 'body').map(({ location, message }) => `${location}: ${message}`);
}

const priced = (...prices: unknown[]): unknown => ({ unit: 'credits', prices });

describe('a rate card', () => {
  it('with prices each of which some event reaches is fine', () => {
    const prices = [
      { match: { model: 'a' } },
      { match: { model: 'a*' } },
      { match: { model: 'b*', size: 'xl' } },
      { match: { size: 'xl' } },
      {},
    ];
    expect(wrong(priced(...prices.map(price => ({ ...price, rate: '1' }))))).toEqual([]);
  });

  it.each([
    ['a prefix', { model: 'gpt-5*' }, { model: 'gpt-5-mini' }],
    ['a longer prefix', { model: 'gpt-5*' }, { model: 'gpt-5-*' }],
    ['any', { model: '*' }, { model: 'gpt-5', size: 'xl' }],
    ['the same', { model: 'gpt-5' }, { model: 'gpt-5' }],
    ['no condition', undefined, { model: 'gpt-5' }],
    ['no condition, twice', undefined, undefined],
  ])('does not hide a price behind a wider one: %s', (_, wide, narrow) => {
    const prices = [wide, narrow].map(match => ({ ...(match && { match }), rate: '1' }));
    expect(wrong(priced(...prices))).toEqual([
      'body.meters.m.charges[0].prices[1]: is never reached: body.meters.m.charges[0].prices[0] matches all that it does',
    ]);
  });

  it('names a unit once a meter', () => {
    expect(wrong(priced({ rate: '1' }), priced({ rate: '2' }))).toEqual([
      'body.meters.m.charges[1].unit: is named twice in this meter',
    ]);
  });

  it('has steps that rise', () => {
    const steps = [{ up_to: '10', price: '1' }, { up_to: '10.0', price: '1' }, { price: '1' }];
    expect(wrong(priced({ rates: { input: { volume: steps } } }))).toEqual([
      'body.meters.m.charges[0].prices[0].rates.input.volume[1].up_to: must be more than the step before has',
    ]);
  });

  it.each([
    ['a last step with an end', { rate: { graduated: [{ up_to: '1', price: '1' }] } }],
    ['a step before the last without', { rate: { graduated: [{ price: '1' }, { price: '1' }] } }],
    ['a step that ends at nothing', { rate: { graduated: [{ up_to: '0.0', price: '1' }, { price: '1' }] } }],
    ['no steps', { rate: { volume: [] } }],
    ['both kinds of tiers', { rate: { graduated: [{ price: '1' }], volume: [{ price: '1' }] } }],
    ['no price at all', {}],
    ['a rate and rates', { rate: '1', rates: { input: '1' } }],
    ['no rates', { rates: {} }],
    ['no patterns', { match: {}, rate: '1' }],
    ['a star in the middle', { match: { model: 'a*b' }, rate: '1' }],
    ['an empty pattern', { match: { model: '' }, rate: '1' }],
    ['a property of a name nobody can send', { match: { __proto: 'x' }, rate: '1' }],
    ['an exponent', { rate: '1e3' }],
    ['a sign', { rate: '-1' }],
    ['a negative number', { rate: -1 }],
    ['a fraction that is no text', { rate: 0.5 }],
    ['an integer too large to be exact', { rate: 2 ** 53 }],
    ['19 digits after the point', { rate: `0.${'1'.repeat(19)}` }],
    ['19 digits before it', { rate: '1'.repeat(19) }],
    ['a leading zero', { rate: '01' }],
    ['a field nobody knows', { rate: '1', price: '1' }],
  ])('is refused with %s', (_, price) => {
    expect(wrong(priced(price))).not.toEqual([]);
  });

  it('is refused where a rate is for nothing', () => {
    expect(wrong({ unit: 'credits', per: '0', prices: [{ rate: '1' }] })).toEqual(['0.per: must be more than zero']);
  });
});
