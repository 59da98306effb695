import { Stripe } from 'stripe';
import { StripeFault } from '../http/fault.js';
import { confirmIntent } from '../resources/confirm-intent.js';
import type { Decline } from '../resources/charges.js';
import { newCustomer } from '../resources/customers.js';
import { addIntent } from '../resources/new-intent.js';
import { attachTo, findPaymentMethod } from '../resources/payment-methods.js';
import { addSetupIntent } from '../resources/setup-intents.js';
import type { World } from '../world/world.js';
import { couponOf, priceSession, type SessionPlan, type SessionPlans } from './new-session.js';

/** How a session sells its subscription. */
export interface SubscriptionSale {
  /** The first try: the subscription with its first invoice, paid where the method pays. */
  start(
    session: Stripe.Checkout.Session,
    plan: SessionPlan,
    method: Stripe.PaymentMethod,
    customer: Stripe.Customer,
  ): { subscription: Stripe.Subscription; invoice: Stripe.Invoice; decline: Decline | undefined };
  /** Another try, after the first was declined. */
  payAgain(invoice: Stripe.Invoice, method: Stripe.PaymentMethod): Decline | undefined;
}

/** What a customer did on the page: how it went on. */
export type PayResult =
  | { readonly kind: 'complete' }
  | { readonly kind: 'declined'; readonly decline: Decline }
  /** 3-D Secure is asked for, on the page of this payment intent. */
  | { readonly kind: 'authenticate'; readonly intent: string };

/** Checkout's own side of sessions: what customers do on the page, and what payments and time do to them. */
export class Checkout {
  readonly plans: SessionPlans = new Map();
  /** The session that a payment intent, or a first invoice, belongs to. */
  private readonly sessionIds = new Map<string, string>();

  constructor(
    private readonly world: World,
    private readonly sale: SubscriptionSale,
  ) {
    world.intentWatchers.push(intent => this.onIntent(intent));
    world.dueSources.push(testClock => (testClock === null ? this.nextExpiry() : undefined));
  }

  /** The customer pays with a payment method, or with a test payment method of that name. */
  pay(id: string, methodId: string, email = 'buyer@example.com'): PayResult {
    const session = this.open(id);
    const plan = this.plans.get(id)!;
    const method = findPaymentMethod(this.world, methodId, 'payment_method');
    method.billing_details.email = session.customer_email ?? email;
    this.identify(session, method.billing_details.email, plan);
    if (session.mode === 'setup') return this.setUp(session, method);
    if (session.mode === 'subscription') return this.subscribe(session, plan, method);
    if (session.amount_total === 0) return this.complete(session, 'no_payment_required');
    const intent = this.intentOf(session, plan);
    const decline = confirmIntent(this.world, intent, method, {
      isOffSession: false,
      returnUrl: this.backUrl(session),
    });
    if (decline !== undefined) return { kind: 'declined', decline };
    return intent.status === 'requires_action' ? { kind: 'authenticate', intent: intent.id } : { kind: 'complete' };
  }

  /** The customer typed a promotion code. */
  applyCode(id: string, text: string): boolean {
    const session = this.open(id);
    const plan = this.plans.get(id)!;
    const code = this.world.promotionCodes.where(
      one => one.active && one.code.toLowerCase() === text.trim().toLowerCase(),
    )[0];
    if (code === undefined || session.allow_promotion_codes !== true) return false;
    plan.coupon = couponOf(this.world, code);
    session.discounts = [{ coupon: null, promotion_code: code.id }];
    priceSession(this.world, session, plan);
    return true;
  }

  expire(id: string): Stripe.Checkout.Session {
    const session = this.open(id);
    session.status = 'expired';
    session.url = null;
    this.world.emit('checkout.session.expired', session);
    return session;
  }

  /** Where the page leads once the customer is done. */
  backUrl(session: Stripe.Checkout.Session): string {
    return (session.success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', session.id);
  }

  /** @throws StripeFault where the session is over */
  open(id: string): Stripe.Checkout.Session {
    const session = this.world.must(this.world.sessions, 'checkout.session', id);
    if (session.status === 'open') return session;
    throw new StripeFault(400, {
      type: 'invalid_request_error',
      message: `This Checkout Session is ${String(session.status)}: only one that is open can change.`,
    });
  }

  private identify(session: Stripe.Checkout.Session, email: string, plan: SessionPlan): void {
    session.customer_details = {
      address: null,
      business_name: null,
      email,
      individual_name: null,
      name: null,
      phone: null,
      tax_exempt: 'none',
      tax_ids: [],
    };
    const isNeeded =
      session.mode !== 'payment' || session.customer_creation === 'always' || plan.intentData.setupFutureUsage !== null;
    if (session.customer !== null || !isNeeded) return;
    const customer = this.world.customers.add(newCustomer(this.world, email));
    session.customer = customer.id;
    this.world.emit('customer.created', customer);
  }

  private intentOf(session: Stripe.Checkout.Session, plan: SessionPlan): Stripe.PaymentIntent {
    const amount = session.amount_total ?? 0;
    const known = this.world.paymentIntents.get(String(session.payment_intent));
    if (known !== undefined) {
      known.amount = amount;
      return known;
    }
    const intent = addIntent(this.world, {
      ...plan.intentData,
      amount,
      currency: session.currency ?? 'usd',
      customer: typeof session.customer === 'string' ? session.customer : null,
    });
    session.payment_intent = intent.id;
    this.sessionIds.set(intent.id, session.id);
    this.world.emit('payment_intent.created', intent);
    return intent;
  }

  private setUp(session: Stripe.Checkout.Session, method: Stripe.PaymentMethod): PayResult {
    attachTo(this.world, method, String(session.customer));
    session.setup_intent = addSetupIntent(this.world, String(session.customer), method, session.metadata ?? {}).id;
    return this.complete(session, 'no_payment_required');
  }

  private subscribe(session: Stripe.Checkout.Session, plan: SessionPlan, method: Stripe.PaymentMethod): PayResult {
    const known = this.world.invoices.get(String(session.invoice));
    const decline = known === undefined ? this.startSale(session, plan, method) : this.sale.payAgain(known, method);
    if (decline !== undefined) return { kind: 'declined', decline };
    const invoice = this.world.must(this.world.invoices, 'invoice', String(session.invoice));
    const intent = this.world.paymentIntents.get(this.intentFor(invoice.id) ?? '');
    if (intent?.status === 'requires_action') return { kind: 'authenticate', intent: intent.id };
    if (session.status !== 'open') return { kind: 'complete' };
    if (invoice.total === 0) return this.complete(session, 'no_payment_required');
    return this.complete(session, invoice.status === 'paid' ? 'paid' : 'unpaid');
  }

  private startSale(
    session: Stripe.Checkout.Session,
    plan: SessionPlan,
    method: Stripe.PaymentMethod,
  ): Decline | undefined {
    const customer = this.world.must(this.world.customers, 'customer', String(session.customer));
    const started = this.sale.start(session, plan, method, customer);
    session.subscription = started.subscription.id;
    session.invoice = started.invoice.id;
    this.sessionIds.set(started.invoice.id, session.id);
    return started.decline;
  }

  private complete(session: Stripe.Checkout.Session, paymentStatus: Stripe.Checkout.Session.PaymentStatus): PayResult {
    session.status = 'complete';
    session.payment_status = paymentStatus;
    session.url = null;
    this.world.emit('checkout.session.completed', session);
    return { kind: 'complete' };
  }

  private onIntent(intent: Stripe.PaymentIntent): void {
    const session = this.sessionOf(intent.id);
    if (session === undefined) return;
    if (session.status === 'open') {
      if (intent.status === 'succeeded') this.complete(session, 'paid');
      if (intent.status === 'processing') this.complete(session, 'unpaid');
      return;
    }
    if (session.status !== 'complete' || session.payment_status !== 'unpaid') return;
    if (intent.status === 'succeeded') {
      session.payment_status = 'paid';
      this.world.emit('checkout.session.async_payment_succeeded', session);
    } else {
      this.world.emit('checkout.session.async_payment_failed', session);
    }
  }

  /** The session whose payment, or whose first invoice's payment, this is. */
  sessionOf(intent: string): Stripe.Checkout.Session | undefined {
    const payment = this.world.invoicePayments.get(this.world.paymentByIntent.get(intent) ?? '');
    const id = this.sessionIds.get(intent) ?? this.sessionIds.get(String(payment?.invoice));
    return this.world.sessions.get(id ?? '');
  }

  private intentFor(invoice: string): string | undefined {
    const payment = this.world.invoicePayments.all().find(one => one.invoice === invoice)?.payment.payment_intent;
    return typeof payment === 'string' ? payment : undefined;
  }

  private nextExpiry(): { at: number; run(): void } | undefined {
    let first: Stripe.Checkout.Session | undefined;
    for (const session of this.world.sessions.all()) {
      if (session.status === 'open' && (first === undefined || session.expires_at < first.expires_at)) first = session;
    }
    if (first === undefined) return undefined;
    const { id, expires_at: at } = first;
    return { at, run: () => void this.expire(id) };
  }
}
