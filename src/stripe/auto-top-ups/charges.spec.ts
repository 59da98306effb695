import { describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { stateOf } from './charges.js';

type Seen = Pick<Stripe.PaymentIntent, 'status' | 'last_payment_error'>;

describe('a payment as Stripe has it', () => {
  const seen = ({ status, last_payment_error: error }: Seen) =>
    stateOf({ id: 'pi_1', status, last_payment_error: error } as Stripe.PaymentIntent);
  const refused = (code: string, decline?: string) =>
    seen({
      status: 'requires_payment_method',
      last_payment_error: { type: 'card_error', code, message: 'No.', ...(decline && { decline_code: decline }) },
    });

  test.each([
    ['succeeded', 'paid'],
    ['processing', 'processing'],
    ['requires_action', 'action'],
    ['canceled', 'declined'],
    ['requires_confirmation', 'declined'],
    ['requires_payment_method', 'declined'],
  ] as const)('that is %s is %s', (status, kind) => {
    expect(seen({ status, last_payment_error: null })).toMatchObject({ kind, payment: 'pi_1' });
  });

  test('that the bank wants its owner for needs him, by whichever of two words it says so', () => {
    expect(refused('authentication_required').kind).toBe('action');
    expect(refused('card_declined', 'authentication_required').kind).toBe('action');
  });

  test('that was refused tells why', () => {
    const refusal = { code: 'card_declined', declineCode: 'insufficient_funds', message: 'No.' };
    expect(refused('card_declined', 'insufficient_funds')).toEqual({ kind: 'declined', payment: 'pi_1', refusal });
  });
});
