import { describe, expect, test } from '@jest/globals';
import { subjectOf } from './subject.js';

const of = (type: string, object?: Record<string, unknown>, related?: { id: string; type: string }) =>
  subjectOf({ type, object, related });

describe('what an event is about', () => {
  test.each([
    ['checkout.session.completed', { id: 'cs_1', payment_intent: 'pi_1' }, { kind: 'session', id: 'cs_1' }],
    ['checkout.session.async_payment_succeeded', { id: 'cs_1' }, { kind: 'session', id: 'cs_1' }],
    ['checkout.session.async_payment_failed', { id: 'cs_1' }, { kind: 'session', id: 'cs_1' }],
    ['checkout.session.expired', { id: 'cs_1' }, { kind: 'session', id: 'cs_1' }],
    ['payment_intent.succeeded', { id: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.refunded', { id: 'ch_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.refunded', { id: 'ch_1', payment_intent: null }, { kind: 'charge', id: 'ch_1' }],
    ['charge.refund.updated', { id: 're_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['refund.created', { id: 're_1', payment_intent: { id: 'pi_1' } }, { kind: 'payment', id: 'pi_1' }],
    ['refund.updated', { id: 're_1' }, { kind: 'refund', id: 're_1' }],
    ['refund.failed', { id: 're_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.dispute.created', { id: 'dp_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.dispute.updated', { id: 'dp_1', payment_intent: null }, { kind: 'dispute', id: 'dp_1' }],
    ['charge.dispute.closed', { id: 'dp_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['charge.dispute.funds_withdrawn', { id: 'dp_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
    ['invoice.paid', { id: 'in_1', payment_intent: 'pi_1' }, { kind: 'invoice', id: 'in_1' }],
    ['invoice.payment_failed', { id: 'in_1' }, { kind: 'invoice', id: 'in_1' }],
    ['customer.subscription.created', { id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
    ['customer.subscription.updated', { id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
    ['customer.subscription.deleted', { id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
    ['customer.subscription.paused', { id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
    ['customer.subscription.resumed', { id: 'sub_1' }, { kind: 'subscription', id: 'sub_1' }],
    ['charge.dispute.funds_reinstated', { id: 'dp_1', payment_intent: 'pi_1' }, { kind: 'payment', id: 'pi_1' }],
  ])('%s of %j is about %j', (type, object, subject) => {
    expect(of(type, object)).toEqual(subject);
  });

  test('a thin event is about the object that it names', () => {
    const named = { id: 're_1', type: 'refund' };
    expect(of('v1.refund.created', undefined, named)).toEqual({ kind: 'refund', id: 're_1' });
    expect(of('payment_intent.succeeded', undefined, { id: 'pi_1', type: 'payment_intent' })).toMatchObject({
      id: 'pi_1',
    });
  });

  test.each(['customer.created', 'payment_intent.created', 'v2.core.account.updated', 'toString', '__proto__', ''])(
    '%j is about nothing that is acted on',
    type => {
      expect(of(type, { id: 'x_1' })).toBeNull();
    },
  );

  test('an event that names nothing is about nothing', () => {
    expect(of('payment_intent.succeeded', {})).toBeNull();
    expect(of('payment_intent.succeeded', { id: 7 })).toBeNull();
    expect(of('payment_intent.succeeded', { id: 'pi_\u0000' })).toBeNull();
    expect(of('payment_intent.succeeded', { id: 'pi_'.padEnd(256, '1') })).toBeNull();
    expect(of('payment_intent.succeeded')).toBeNull();
  });
});
