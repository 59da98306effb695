import { Stripe } from 'stripe';
import { noSuch } from '../http/fault.js';
import type { Behaviour } from '../resources/test-cards.js';
import { type EventType, type KeptEvent, type ObjectOf } from './events.js';
import { Ids } from './ids.js';
import { SimClock } from './sim-clock.js';
import { previousAttributes, snapshotOf, type Snapshot } from './snapshot.js';
import { Table } from './table.js';

export interface WorldOptions {
  readonly seed: number;
  readonly livemode: boolean;
  readonly startsAt?: number;
  /** In percent, added to what is sold with automatic tax. */
  readonly taxPercent: number;
  /** The pauses after which a failed invoice is tried again; after the last one the subscription ends as `afterRetries` says. */
  readonly retryAfterSeconds: readonly number[];
  readonly afterRetries: 'cancel' | 'mark_unpaid' | 'leave_past_due';
}

/** Something that time does: at its moment, once. */
export interface Due {
  readonly at: number;
  run(): void;
}

/** Finds what is due next of those who live by a test clock, or (null) by the world's. */
export type DueSource = (testClock: string | null) => Due | undefined;

const THIRTY_DAYS = 30 * 24 * 3600;

/** Everything there is on this account of Stripe, and what happened to it. */
export class World {
  readonly ids: Ids;
  readonly clock: SimClock;
  readonly customers = new Table<Stripe.Customer>();
  readonly deletedCustomers = new Table<Stripe.DeletedCustomer>();
  readonly products = new Table<Stripe.Product>();
  readonly prices = new Table<Stripe.Price>();
  readonly coupons = new Table<Stripe.Coupon>();
  readonly promotionCodes = new Table<Stripe.PromotionCode>();
  readonly paymentMethods = new Table<Stripe.PaymentMethod>();
  readonly paymentIntents = new Table<Stripe.PaymentIntent>();
  readonly setupIntents = new Table<Stripe.SetupIntent>();
  readonly charges = new Table<Stripe.Charge>();
  readonly balanceTransactions = new Table<Stripe.BalanceTransaction>();
  readonly refunds = new Table<Stripe.Refund>();
  readonly disputes = new Table<Stripe.Dispute>();
  readonly sessions = new Table<Stripe.Checkout.Session>();
  readonly subscriptions = new Table<Stripe.Subscription>();
  readonly invoices = new Table<Stripe.Invoice>();
  readonly invoicePayments = new Table<Stripe.InvoicePayment>();
  readonly invoiceItems = new Table<Stripe.InvoiceItem>();
  readonly testClocks = new Table<Stripe.TestHelpers.TestClock>();
  readonly webhookEndpoints = new Table<Stripe.WebhookEndpoint>();
  readonly meters = new Table<Stripe.Billing.Meter>();
  /** What was reported to meters, each identifier once. */
  readonly meterEvents: Stripe.Billing.MeterEvent[] = [];
  readonly events = new Table<KeptEvent>();
  /** The invoice payment that a payment intent is for, by their ids. */
  readonly paymentByIntent = new Map<string, string>();
  /** What a subscription was started with. */
  readonly couponOf = new Map<string, Stripe.Coupon>();
  /** How a payment method behaves when money is asked of it. */
  readonly behaviours = new Map<string, Behaviour>();
  /** Payment methods whose owner agreed to payments without being there. */
  readonly setUp = new Set<string>();
  readonly dueSources: DueSource[] = [];
  /** Hear of every payment intent that succeeded, failed or went on its way. */
  readonly intentWatchers: ((intent: Stripe.PaymentIntent) => void)[] = [];
  /** Who asked for what happens now; nobody where time does it. */
  request: KeptEvent['request'] = { id: null, idempotency_key: null };
  /** Hears of every event, right after it happened. */
  onEvent: (event: KeptEvent) => void = () => undefined;
  /** Where the pages of the simulator are: `http://localhost:12111`. */
  url = '';

  constructor(readonly options: WorldOptions) {
    this.ids = new Ids(options.seed);
    this.clock = new SimClock(options.startsAt);
  }

  get livemode(): boolean {
    return this.options.livemode;
  }

  /** `test` or `live`, as it stands in ids of Checkout Sessions. */
  get mode(): 'live' | 'test' {
    return this.livemode ? 'live' : 'test';
  }

  now(): number {
    return this.clock.now();
  }

  /**
   * What time it is in the billing of a customer: that of its test clock. Payments, refunds and disputes have the world's time
   * also where their customer has a clock, as at Stripe.
   */
  billingTime(customer: Stripe.Customer | undefined): number {
    const clock = typeof customer?.test_clock === 'string' ? this.testClocks.get(customer.test_clock) : undefined;
    return clock?.frozen_time ?? this.now();
  }

  /** @throws StripeFault where there is no such object; `param` is the parameter that named it, none where the path did */
  must<T extends { id: string }>(table: Table<T>, what: string, id: string, param?: string): T {
    const found = table.get(id);
    if (found === undefined) throw noSuch(what, id, param);
    return found;
  }

  /** Something happened. `before` is the object as it was, of an update. */
  emit<T extends EventType>(type: T, object: ObjectOf<T>, before?: Snapshot): void {
    const now = snapshotOf(object);
    const previous = before === undefined ? undefined : previousAttributes(before, now);
    const event: KeptEvent = {
      id: this.ids.next('evt'),
      object: 'event',
      api_version: Stripe.API_VERSION,
      created: this.now(),
      data: { object: now, ...(previous !== undefined && { previous_attributes: previous }) },
      livemode: this.livemode,
      pending_webhooks: 0,
      request: this.request,
      type,
    };
    this.events.add(event);
    this.onEvent(event);
  }

  /** Changes an object and tells of it, unless nothing changed. */
  update<T extends EventType>(type: T, object: ObjectOf<T>, change: () => void): void {
    const before = snapshotOf(object);
    change();
    if (previousAttributes(before, snapshotOf(object)) !== undefined) this.emit(type, object, before);
  }

  /** Events of the last 30 days: Stripe does not list older ones. */
  listedEvents(): KeptEvent[] {
    const oldest = this.now() - THIRTY_DAYS;
    return this.events.where(event => event.created >= oldest);
  }

  /** Does what is due up to now, by the world's clock. */
  settle(): void {
    this.runDue(null, this.now());
  }

  /** Time passes: what becomes due meanwhile is done in the order of its moments, each at its moment. */
  moveBy(seconds: number): void {
    const target = this.now() + seconds;
    this.runDue(null, target, at => this.clock.moveBy(Math.max(0, at - this.now())));
    this.clock.moveBy(Math.max(0, target - this.now()));
    this.settle();
  }

  /** @param reach called with the moment of what is done next */
  runDue(testClock: string | null, until: number, reach: (at: number) => void = () => undefined): void {
    const { request } = this;
    this.request = { id: null, idempotency_key: null };
    for (let next = this.nextDue(testClock); next !== undefined && next.at <= until; next = this.nextDue(testClock)) {
      reach(next.at);
      next.run();
    }
    this.request = request;
  }

  private nextDue(testClock: string | null): Due | undefined {
    const due = this.dueSources.flatMap(source => source(testClock) ?? []);
    return due.reduce<Due | undefined>(
      (first, next) => (first === undefined || next.at < first.at ? next : first),
      undefined,
    );
  }
}
