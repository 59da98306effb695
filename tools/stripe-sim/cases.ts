import { Stripe } from 'stripe';
import { noSuch } from './http/fault.js';
import { answerAuthentication, settleIntent } from './resources/confirm-intent.js';
import { closeDispute, escalateInquiry, openDispute, type DisputeTerms } from './resources/open-dispute.js';
import { endRefund } from './resources/refunds.js';
import type { World } from './world/world.js';

/** What banks and customers decide, which no call of the API does. Payments are named by their payment intent. */
export class Cases {
  constructor(private readonly world: World) {}

  /** A payment that was processing is paid, or is not. */
  settlePayment(intentId: string, isPaid: boolean): Stripe.PaymentIntent {
    const intent = this.intent(intentId);
    settleIntent(this.world, intent, isPaid);
    return intent;
  }

  /** The customer passes 3-D Secure, or fails. */
  authenticate(intentId: string, isPassed: boolean): Stripe.PaymentIntent {
    const intent = this.intent(intentId);
    answerAuthentication(this.world, intent, isPassed);
    return intent;
  }

  /** A refund that was pending ends, or one that had succeeded is sent back by the bank. */
  endRefund(refundId: string, outcome: 'succeeded' | 'failed' | 'canceled'): Stripe.Refund {
    const refund = this.world.must(this.world.refunds, 'refund', refundId);
    endRefund(this.world, refund, outcome);
    return refund;
  }

  /** The owner of the card disputes the payment. */
  dispute(intentId: string, terms: Partial<DisputeTerms> = {}): Stripe.Dispute {
    const charge = this.world.charges.get(String(this.intent(intentId).latest_charge));
    if (charge === undefined) throw noSuch('charge', intentId);
    return openDispute(this.world, charge, { reason: 'fraudulent', isInquiry: false, ...terms });
  }

  escalateInquiry(disputeId: string): Stripe.Dispute {
    const dispute = this.world.must(this.world.disputes, 'dispute', disputeId);
    escalateInquiry(this.world, dispute);
    return dispute;
  }

  /** The bank decides for the merchant, or against. */
  closeDispute(disputeId: string, isWon: boolean): Stripe.Dispute {
    const dispute = this.world.must(this.world.disputes, 'dispute', disputeId);
    closeDispute(this.world, dispute, isWon);
    return dispute;
  }

  private intent(id: string): Stripe.PaymentIntent {
    return this.world.must(this.world.paymentIntents, 'payment_intent', id);
  }
}
