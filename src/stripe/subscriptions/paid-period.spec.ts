import { describe, expect, test } from '@jest/globals';
import { paidPeriods } from './paid-period.js';

type Line = Parameters<typeof paidPeriods>[1][number];

interface Given {
  readonly item?: string;
  readonly price?: string | null;
  readonly subscription?: string | null;
  readonly proration?: boolean;
  readonly quantity?: number | null;
  readonly start?: number;
  readonly end?: number;
}

/** A line as the pinned version of the API has it. */
function line(given: Given = {}): Line {
  const { item = 'si_1', price = 'price_1', subscription = 'sub_1', proration = false } = given;
  return {
    parent: {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration,
        proration_details: null,
        subscription,
        subscription_item: item,
      },
    },
    pricing:
      price === null
        ? null
        : { type: 'price_details', price_details: { price, product: 'prod_1' }, unit_amount_decimal: null },
    period: { start: given.start ?? 100, end: given.end ?? 200 },
    quantity: given.quantity === undefined ? 1 : given.quantity,
  };
}

describe('what an invoice paid for', () => {
  test('is a period of an item at a price, in milliseconds', () => {
    expect(paidPeriods('sub_1', [line({ quantity: 3 })])).toEqual([
      { item: 'si_1', price: 'price_1', quantity: 3, start: 100_000, end: 200_000 },
    ]);
  });

  test('is the earliest first, whatever the order of lines and invoices', () => {
    const lines = [line({ start: 200, end: 300 }), line({ item: 'si_2' }), line()];
    const found = paidPeriods('sub_1', lines).map(({ item, start }) => [item, start]);
    expect(found).toEqual([
      ['si_1', 100_000],
      ['si_2', 100_000],
      ['si_1', 200_000],
    ]);
    expect(paidPeriods('sub_1', lines.toReversed()).map(({ item, start }) => [item, start])).toEqual(found);
  });

  test.each<[why: string, line: Line]>([
    ['a proration', line({ proration: true })],
    ['a line of another subscription', line({ subscription: 'sub_2' })],
    ['a line without a price', line({ price: null })],
    ['a line that is no subscription', { ...line(), parent: null }],
    ['a quantity of nothing', line({ quantity: 0 })],
    ['a period without length', line({ start: 200, end: 200 })],
  ])('is not %s', (_why, given) => {
    expect(paidPeriods('sub_1', [given])).toEqual([]);
  });
});
