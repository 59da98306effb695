/** What becomes of a payment with one of Stripe's test payment methods. */
export type Behaviour =
  | { readonly kind: 'succeeds' }
  | { readonly kind: 'declines'; readonly code: string; readonly declineCode?: string }
  /** Asks for 3-D Secure: each time, or only until it was set up for payments without its owner. */
  | { readonly kind: 'authenticates'; readonly isOnceEnough: boolean; readonly thenDeclines?: string }
  /** Is processing until it is told how it ended. */
  | { readonly kind: 'settles_later' }
  /** Succeeds and is disputed at once. */
  | { readonly kind: 'disputed'; readonly reason: 'fraudulent' | 'product_not_received'; readonly isInquiry: boolean }
  /** Succeeds; a refund succeeds and fails later, or stays pending. */
  | { readonly kind: 'refund_fails' }
  | { readonly kind: 'refund_pends' };

export interface TestCard {
  readonly brand: string;
  readonly last4: string;
  readonly behaviour: Behaviour;
  /** False where the card is refused already when it is attached to a customer. */
  readonly attaches: boolean;
}

/** The payment methods of docs.stripe.com/testing, by the id that a request may name instead of a payment method of its own. */
const CARDS: Readonly<Record<string, TestCard>> = {
  pm_card_visa: paying('visa', '4242'),
  pm_card_visa_debit: paying('visa', '5556'),
  pm_card_mastercard: paying('mastercard', '4444'),
  pm_card_amex: paying('amex', '8431'),
  pm_card_discover: paying('discover', '1117'),
  pm_card_jcb: paying('jcb', '0505'),
  pm_card_bypassPending: paying('visa', '0077'),
  pm_card_visa_chargeDeclined: declining('0002', 'card_declined', 'generic_decline'),
  pm_card_chargeDeclined: declining('0002', 'card_declined', 'generic_decline'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declining('9995', 'card_declined', 'insufficient_funds'),
  pm_card_chargeDeclinedInsufficientFunds: declining('9995', 'card_declined', 'insufficient_funds'),
  pm_card_visa_chargeDeclinedLostCard: declining('9987', 'card_declined', 'lost_card'),
  pm_card_chargeDeclinedLostCard: declining('9987', 'card_declined', 'lost_card'),
  pm_card_visa_chargeDeclinedStolenCard: declining('9979', 'card_declined', 'stolen_card'),
  pm_card_chargeDeclinedStolenCard: declining('9979', 'card_declined', 'stolen_card'),
  pm_card_chargeDeclinedFraudulent: declining('0019', 'card_declined', 'fraudulent'),
  pm_card_chargeDeclinedExpiredCard: declining('0069', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: declining('0127', 'incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: declining('0119', 'processing_error'),
  pm_card_chargeDeclinedVelocityLimitExceeded: declining('6975', 'card_declined', 'card_velocity_exceeded'),
  /** Attaching succeeds, every charge is declined. */
  pm_card_chargeCustomerFail: { ...declining('0341', 'card_declined', 'generic_decline'), attaches: true },
  pm_card_authenticationRequired: authenticating('3184', false),
  pm_card_threeDSecure2Required: authenticating('3220', false),
  pm_card_threeDSecureRequired: authenticating('3063', false),
  pm_card_authenticationRequiredOnSetup: authenticating('3155', true),
  pm_card_authenticationRequiredSetupForOffSession: authenticating('3155', true),
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: authenticating('8178', false, 'insufficient_funds'),
  pm_card_createDispute: disputed('0259', 'fraudulent', false),
  pm_card_createDisputeProductNotReceived: disputed('2685', 'product_not_received', false),
  pm_card_createDisputeInquiry: disputed('1976', 'fraudulent', true),
  pm_card_refundFail: card('visa', '5126', { kind: 'refund_fails' }),
  pm_card_pendingRefund: card('visa', '7726', { kind: 'refund_pends' }),
};

export const TEST_CARDS: ReadonlyMap<string, TestCard> = new Map(Object.entries(CARDS));

/** A bank account that is debited: the payment is processing for days. */
export const TEST_BANK_ACCOUNT = 'pm_usBankAccount_success';

/** What a card says when it is declined, by code or decline code. */
const DECLINE_MESSAGES: Readonly<Record<string, string>> = {
  expired_card: 'Your card has expired.',
  incorrect_cvc: "Your card's security code is incorrect.",
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  insufficient_funds: 'Your card has insufficient funds.',
};

export function declineMessage(code: string, declineCode?: string): string {
  return DECLINE_MESSAGES[declineCode ?? code] ?? DECLINE_MESSAGES[code] ?? 'Your card was declined.';
}

function card(brand: string, last4: string, behaviour: Behaviour, attaches = true): TestCard {
  return { brand, last4, behaviour, attaches };
}

function paying(brand: string, last4: string): TestCard {
  return card(brand, last4, { kind: 'succeeds' });
}

function declining(last4: string, code: string, declineCode?: string): TestCard {
  return card('visa', last4, { kind: 'declines', code, ...(declineCode !== undefined && { declineCode }) }, false);
}

function authenticating(last4: string, isOnceEnough: boolean, thenDeclines?: string): TestCard {
  return card('visa', last4, {
    kind: 'authenticates',
    isOnceEnough,
    ...(thenDeclines !== undefined && { thenDeclines }),
  });
}

function disputed(last4: string, reason: 'fraudulent' | 'product_not_received', isInquiry: boolean): TestCard {
  return card('visa', last4, { kind: 'disputed', reason, isInquiry });
}
