import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { moneyByItem, type InvoiceLine } from './invoice-money.js';

function line(item: string | null, amount: number, discount = 0): InvoiceLine {
  const subscription_item_details =
    item === null
      ? null
      : {
          invoice_item: null,
          proration: false,
          proration_details: null,
          subscription: 'sub_1',
          subscription_item: item,
        };
  const type = item === null ? 'invoice_item_details' : 'subscription_item_details';
  return {
    amount,
    discount_amounts: discount === 0 ? [] : [{ amount: discount, discount: 'di_1' }],
    parent: { type, invoice_item_details: null, subscription_item_details },
  };
}

const tax = (amount: number) => [{ amount }] as never;
const money = (paid: number, total: number, lines: InvoiceLine[], taxes = 0) =>
  Object.fromEntries(
    moneyByItem('sub_1', { amount_paid: paid, total, total_taxes: taxes === 0 ? null : tax(taxes) }, lines),
  );

describe('the money of an invoice', () => {
  test('is what was really paid, credit of the customer apart', () => {
    expect(money(1_500, 2_000, [line('si_1', 2_000)])).toEqual({ si_1: 1_500n });
  });

  test('is of each item what its lines come to, prorations and discounts included', () => {
    const lines = [line('si_1', -500), line('si_1', 1_500), line('si_2', 2_000, 1_000)];
    expect(money(2_000, 2_000, lines)).toEqual({ si_1: 1_000n, si_2: 1_000n });
  });

  test('has no tax in it', () => {
    expect(money(2_400, 2_400, [line('si_1', 2_000)], 400)).toEqual({ si_1: 2_000n });
    expect(money(1_200, 2_400, [line('si_1', 2_000)], 400)).toEqual({ si_1: 1_000n });
  });

  test('leaves out what else stands on it', () => {
    expect(money(3_000, 3_000, [line('si_1', 1_000), line(null, 2_000)])).toEqual({ si_1: 1_000n });
  });

  test.each([
    ['nothing was paid', money(0, 2_000, [line('si_1', 2_000)])],
    ['the item was given back more than it cost', money(1_000, 1_000, [line('si_1', -500), line(null, 1_500)])],
    ['it is of another subscription', Object.fromEntries(moneyByItem('sub_2', paidOnly(1_000), [line('si_1', 1_000)]))],
  ])('is none where %s', (_why, found) => {
    expect(found).toEqual({});
  });

  test('is divided without a cent over, whatever the lines', () => {
    const amounts = fc.array(fc.integer({ min: -5_000, max: 50_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 1_000_000 }), (sums, paid) => {
        fc.pre(sums.some(sum => sum > 0));
        const lines = sums.map((amount, at) => line(`si_${at}`, amount));
        const found = moneyByItem('sub_1', paidOnly(paid), lines);
        expect([...found.values()].reduce((sum, part) => sum + part, 0n)).toBe(BigInt(paid));
      }),
    );
  });
});

function paidOnly(paid: number) {
  return { amount_paid: paid, total: paid, total_taxes: null };
}
