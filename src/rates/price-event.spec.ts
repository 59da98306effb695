import { describe, expect, it } from '@jest/globals';
import { cardDefinition } from './card-definition.js';
import { compileCard, definitionErrors } from './compile-card.js';
import { priceEvent, type Priced } from './price-event.js';
import { givenEvent } from './given-event.js';

/** The lines of an event in a card of one meter, `m`; `credits` has a scale of 6, `images` of 0. */
function priced(
  charges: unknown[],
  quantity: unknown,
  properties: Record<string, string> = {},
  rounding = 'up',
): Priced {
  const definition = cardDefinition.parse({ rounding, meters: { m: { charges } } });
  expect(definitionErrors(definition, 'body')).toEqual([]);
  const card = compileCard('default', 3, definition);
  return priceEvent(card, givenEvent('m', quantity, properties), unit => (unit === 'credits' ? 6 : 0));
}

function credits(charge: Record<string, unknown>, quantity: unknown, properties?: Record<string, string>): bigint {
  const found = priced([{ unit: 'credits', ...charge }], quantity, properties);
  if (!found.ok) throw new Error(found.message);
  expect(found.lines).toHaveLength(1);
  return found.lines[0]!.amount;
}

const TOKENS = { per: '1000000', prices: [{ rates: { input: '2.50', cached_input: '0.25', output: '10' } }] };

describe('priceEvent', () => {
  it('prices an amount by its rate', () => {
    expect(credits({ prices: [{ rate: '0.04' }] }, '3')).toBe(120_000n);
  });

  it('prices amounts by kind, each at its own rate, and rounds their sum once', () => {
    // 0.003 + 0.008
    expect(credits(TOKENS, { input: '1200', output: '800' })).toBe(11_000n);
    // 0.0000025 + 0.00000025 + 0.00001 = 0.00001275: up, once, and not kind by kind to 0.000014.
    expect(credits(TOKENS, { input: '1', cached_input: '1', output: '1' })).toBe(13n);
  });

  it('takes integers and decimals alike', () => {
    expect(credits({ prices: [{ rate: 2 }] }, 3)).toBe(credits({ prices: [{ rate: '2' }] }, '3.000'));
  });

  it('uses the first price whose patterns all match', () => {
    const prices = [
      { match: { model: 'gpt-5-mini' }, rate: '1' },
      { match: { model: 'gpt-5*', tier: 'batch' }, rate: '2' },
      { match: { model: 'gpt-5*' }, rate: '4' },
      { match: { model: '*' }, rate: '8' },
      { rate: '16' },
    ];
    const cost = (properties: Record<string, string>): bigint => credits({ prices }, '1', properties) / 1_000_000n;
    expect(cost({ model: 'gpt-5-mini' })).toBe(1n);
    expect(cost({ model: 'gpt-5-mini-2' })).toBe(4n);
    expect(cost({ model: 'gpt-5', tier: 'batch' })).toBe(2n);
    expect(cost({ model: 'gpt-5', tier: 'flex' })).toBe(4n);
    expect(cost({ model: 'GPT-5' })).toBe(8n);
    expect(cost({ model: '' })).toBe(8n);
    expect(cost({ tier: 'batch' })).toBe(16n);
  });

  it('refuses an event that no price is meant for, and says what was looked at', () => {
    expect(priced([{ unit: 'credits', prices: [{ match: { model: 'a*' }, rate: '1' }] }], '1', { model: 'b' })).toEqual(
      {
        ok: false,
        code: 'invalid_request',
        field: 'properties.model',
        message: 'matches no price of credits for m in rate card default, version 3: model "b"',
      },
    );
    const two = [
      { match: { model: 'a*' }, rate: '1' },
      { match: { size: 'xl' }, rate: '1' },
    ];
    expect(priced([{ unit: 'credits', prices: two }], '1')).toMatchObject({ field: 'properties', ok: false });
  });

  it('does not look into the prototype of properties', () => {
    const prices = [{ match: { constructor: '*' }, rate: '1' }];
    expect(priced([{ unit: 'credits', prices }], '1')).toMatchObject({ ok: false, code: 'invalid_request' });
  });

  it('refuses an unknown meter', () => {
    const definition = cardDefinition.parse({
      rounding: 'up',
      meters: { m: { charges: [{ unit: 'credits', prices: [{ rate: '1' }] }] } },
    });
    const card = compileCard('default', 1, definition);
    expect(priceEvent(card, givenEvent('n', '1', {}), () => 6)).toMatchObject({
      ok: false,
      code: 'meter_not_found',
      field: 'meter',
    });
  });

  it('refuses a kind without a rate, instead of letting it pass free', () => {
    expect(priced([{ unit: 'credits', ...TOKENS }], { input: '1', reasoning: '1' })).toMatchObject({
      code: 'invalid_request',
      field: 'quantity.reasoning',
    });
  });

  it('refuses a quantity of the other form', () => {
    expect(priced([{ unit: 'credits', ...TOKENS }], '5')).toMatchObject({ code: 'invalid_request', field: 'quantity' });
    expect(priced([{ unit: 'credits', prices: [{ rate: '1' }] }], { input: '5' })).toMatchObject({ field: 'quantity' });
  });

  it('takes any form where there is only a base fee', () => {
    const charge = { prices: [{ base: '0.5' }] };
    expect(credits(charge, { input: '5' })).toBe(500_000n);
    expect(credits(charge, '5')).toBe(500_000n);
  });

  it('adds the base once and applies the minimum to the sum', () => {
    const charge = { minimum: '1', prices: [{ base: '0.2', rate: '0.1' }] };
    expect(credits(charge, '3')).toBe(1_000_000n);
    expect(credits(charge, '9')).toBe(1_100_000n);
  });

  it('charges nothing where nothing was used, neither base nor minimum', () => {
    expect(credits({ minimum: '1', prices: [{ base: '1', rate: '1' }] }, '0')).toBe(0n);
    expect(credits({ minimum: '1', prices: [{ base: '1', rates: { input: '1' } }] }, { input: '0' })).toBe(0n);
  });

  it('lets a price of 0 be free', () => {
    expect(credits({ prices: [{ rate: '0' }] }, '7')).toBe(0n);
  });

  describe('tiers', () => {
    const steps = [{ up_to: '10', price: '1' }, { up_to: '20', price: '0.5', flat: '2' }, { price: '0.1' }];

    it('graduated: each part at the price of its step, a bound inclusive', () => {
      const cost = (quantity: string): bigint => credits({ prices: [{ rate: { graduated: steps } }] }, quantity);
      expect(cost('10')).toBe(10_000_000n);
      expect(cost('10.5')).toBe(12_250_000n);
      expect(cost('20')).toBe(17_000_000n);
      expect(cost('30')).toBe(18_000_000n);
    });

    it('volume: all of it at the price of the step it reaches', () => {
      const cost = (quantity: string): bigint => credits({ prices: [{ rate: { volume: steps } }] }, quantity);
      expect(cost('10')).toBe(10_000_000n);
      expect(cost('10.5')).toBe(7_250_000n);
      expect(cost('30')).toBe(3_000_000n);
    });

    it('go by kind too, and a kind of which nothing was used takes no flat fee', () => {
      const rates = { input: { graduated: [{ up_to: '1', price: '0', flat: '5' }, { price: '1' }] }, output: '1' };
      expect(credits({ prices: [{ rates }] }, { input: '0', output: '1' })).toBe(1_000_000n);
      expect(credits({ prices: [{ rates }] }, { input: '3', output: '1' })).toBe(8_000_000n);
    });
  });

  describe('rounding', () => {
    // Half a base unit of credits, one and a half, and a little more than half.
    const AT = (rate: string, rounding: string): bigint => {
      const found = priced([{ unit: 'credits', prices: [{ rate }] }], '1', {}, rounding);
      return found.ok ? found.lines[0]!.amount : -1n;
    };

    it.each([
      ['up', 1n, 2n, 1n],
      ['down', 0n, 1n, 0n],
      ['half_up', 1n, 2n, 1n],
      ['half_even', 0n, 2n, 1n],
    ])('%s', (rounding, half, oneAndHalf, more) => {
      expect(AT('0.0000005', rounding)).toBe(half);
      expect(AT('0.0000015', rounding)).toBe(oneAndHalf);
      expect(AT('0.000000500000000001', rounding)).toBe(more);
    });

    it("a charge's own rule comes before the card's", () => {
      expect(credits({ rounding: 'down', prices: [{ rate: '0.0000009' }] }, '1')).toBe(0n);
    });

    it('is exact where a thirds never ends', () => {
      expect(credits({ per: '3', prices: [{ rate: '1' }] }, '3')).toBe(1_000_000n);
      expect(credits({ per: '3', prices: [{ rate: '1' }] }, '1')).toBe(333_334n);
    });
  });

  it('answers one line a charge, in the order of the card, zeros included', () => {
    const charges = [
      { unit: 'images', prices: [{ match: { premium: 'yes' }, rate: '1' }, { rate: '0' }] },
      { unit: 'credits', prices: [{ rate: '2' }] },
    ];
    expect(priced(charges, '2')).toEqual({
      ok: true,
      lines: [
        { unit: 'images', amount: 0n },
        { unit: 'credits', amount: 4_000_000n },
      ],
    });
  });

  it('takes what 2^63-1 base units cost, and refuses one more', () => {
    const charge = { prices: [{ rate: '1' }] };
    expect(credits(charge, '9223372036854.775807')).toBe(2n ** 63n - 1n);
    expect(priced([{ unit: 'credits', ...charge }], '9223372036854.775808')).toMatchObject({
      code: 'amount_too_large',
      field: 'quantity',
    });
    const most = '9'.repeat(18);
    expect(priced([{ unit: 'credits', per: '0.000000001', prices: [{ rate: most }] }], most)).toMatchObject({
      code: 'amount_too_large',
    });
  });
});
