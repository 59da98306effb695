/** What of Stripe is looked at anew because of an event. */
export const SUBJECT_KINDS = ['payment', 'session', 'refund', 'dispute', 'charge', 'invoice', 'subscription'] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** A Stripe object by its id. The event says that something is new about it, never what: that is fetched. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
}

interface About {
  readonly type: string;
  /** The object a snapshot carries. */
  readonly object: Readonly<Record<string, unknown>> | undefined;
  /** The object a thin event names. */
  readonly related: { readonly id: string; readonly type: string } | undefined;
}

/** Whose events are acted on, each type by itself: what is not here is kept and marked, never guessed at. */
const KINDS = new Map<string, SubjectKind>(
  Object.entries({
    'checkout.session.completed': 'session',
    'checkout.session.async_payment_succeeded': 'session',
    'checkout.session.async_payment_failed': 'session',
    'checkout.session.expired': 'session',
    'payment_intent.succeeded': 'payment',
    'charge.refunded': 'charge',
    'charge.refund.updated': 'refund',
    'refund.created': 'refund',
    'refund.updated': 'refund',
    'refund.failed': 'refund',
    'charge.dispute.created': 'dispute',
    'charge.dispute.updated': 'dispute',
    'charge.dispute.closed': 'dispute',
    'charge.dispute.funds_withdrawn': 'dispute',
    'charge.dispute.funds_reinstated': 'dispute',
    'invoice.paid': 'invoice',
    'invoice.payment_failed': 'invoice',
    'customer.subscription.created': 'subscription',
    'customer.subscription.updated': 'subscription',
    'customer.subscription.deleted': 'subscription',
    'customer.subscription.paused': 'subscription',
    'customer.subscription.resumed': 'subscription',
  } as const),
);

const OF_PAYMENTS = new Set<SubjectKind>(['refund', 'dispute', 'charge']);

/** Thin events of objects that also have snapshots are called like these, behind the version of their API. */
const VERSION = /^v1\./;

/** Null where the event is of no type that is acted on, or names nothing. */
export function subjectOf({ type, object, related }: About): Subject | null {
  const kind = KINDS.get(type.replace(VERSION, ''));
  if (kind === undefined) return null;
  if (related !== undefined) return idOf(related) === undefined ? null : { kind, id: related.id };
  // A refund, a dispute and a charge name their payment: one request less, and the same rule for all of its events.
  const payment = OF_PAYMENTS.has(kind) ? idOf(object?.['payment_intent']) : undefined;
  if (payment !== undefined) return { kind: 'payment', id: payment };
  const id = idOf(object?.['id']);
  return id === undefined ? null : { kind, id };
}

/** As Stripe's are, and as PostgreSQL takes them. */
const STRIPE_ID = /^[\x21-\x7e]{1,255}$/;

/** An id, or the object it was expanded to. */
export function idOf(reference: unknown): string | undefined {
  if (typeof reference === 'string') return STRIPE_ID.test(reference) ? reference : undefined;
  if (typeof reference !== 'object' || reference === null || !('id' in reference)) return undefined;
  return idOf(reference.id);
}
