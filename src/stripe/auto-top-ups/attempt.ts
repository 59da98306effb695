import { randomUUID } from 'node:crypto';
import type { Sale } from '../payments/sale.js';
import type { Price } from '../top-ups/session-params.js';
import type { Owner } from './policy.js';

export const ATTEMPT_STATES = ['asking', 'processing', 'action_required', 'paid', 'declined', 'canceled'] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** One time that credits are bought because an account ran low, as it is written before Stripe is asked. */
export interface NewAttempt extends Owner {
  /** Also Stripe's idempotency key, and in the metadata of the payment. */
  readonly id: string;
  /** 1, 2, 3, … of the account. */
  readonly no: number;
  readonly pack: string;
  readonly sale: Sale;
  readonly price: Price;
  readonly customer: string;
  /** The payment method. */
  readonly card: string;
  readonly returnUrl: string;
}

/** Why a bank, or Stripe, said no. */
export interface Refusal {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

export interface Attempt extends NewAttempt {
  readonly state: AttemptState;
  /** When Stripe was asked first, milliseconds; null where it was not. */
  readonly askedAt: number | null;
  readonly payment: string | null;
  readonly session: string | null;
  /** Where the owner of the card gives his consent, and until when. */
  readonly url: string | null;
  readonly urlUntil: number | null;
  readonly refusal: Refusal | null;
  readonly createdAt: number;
  readonly settledAt: number | null;
  /** When this was read, by the database's clock like the others. */
  readonly readAt: number;
}

const PREFIX = 'atu_';

export function newAttemptId(): string {
  return `${PREFIX}${randomUUID().replaceAll('-', '')}`;
}

/** Whether metadata of a payment name one of these, and not a top-up that somebody began. */
export function isAttemptId(id: string | undefined): id is string {
  return id?.startsWith(PREFIX) === true;
}
