import { randomInt } from 'node:crypto';
import { watchInvoicePayments } from './billing/collect-invoice.js';
import { invoiceItemRoutes } from './billing/invoice-items.js';
import { invoiceRoutes } from './billing/invoices.js';
import { meterRoutes } from './billing/meter-events.js';
import { watchBillingTime } from './billing/renew-subscription.js';
import { subscriptionSale } from './billing/sell-subscription.js';
import { subscriptionRoutes } from './billing/subscriptions.js';
import { testClockRoutes } from './billing/test-clocks.js';
import { Cases } from './cases.js';
import { Checkout } from './checkout/complete-session.js';
import { checkoutRoutes } from './checkout/routes.js';
import { StripeApi } from './http/api.js';
import { RateLimit } from './http/rate-limit.js';
import { Router } from './http/route.js';
import { SimServer } from './http/server.js';
import type { Troubles } from './http/troubles.js';
import { balanceTransactionRoutes } from './resources/balance-transactions.js';
import { chargeRoutes } from './resources/charges.js';
import { couponRoutes } from './resources/coupons.js';
import { customerRoutes } from './resources/customers.js';
import { disputeRoutes } from './resources/disputes.js';
import { eventRoutes } from './resources/event-routes.js';
import { paymentIntentRoutes } from './resources/payment-intents.js';
import { paymentMethodRoutes } from './resources/payment-methods.js';
import { priceRoutes } from './resources/prices.js';
import { productRoutes } from './resources/products.js';
import { refundRoutes } from './resources/refunds.js';
import { setupIntentRoutes } from './resources/setup-intents.js';
import { webhookEndpointRoutes } from './resources/webhook-endpoints.js';
import type { Stage } from './stage.js';
import { site } from './site.js';
import { Deliveries } from './webhooks/deliveries.js';
import { Endpoints } from './webhooks/endpoints.js';
import { lookupIn } from './world/find-object.js';
import { World, type WorldOptions } from './world/world.js';

export interface SimulatorOptions extends Partial<WorldOptions> {
  /** A free one unless given. */
  readonly port?: number;
}

const THREE_FIVE_SEVEN_DAYS = [3, 5, 7].map(days => days * 24 * 3600);

/**
 * A Stripe to test against. Everything is in memory: `world` is what there is, `checkout`, `cases` are those who are not
 * the merchant (customers, banks), `deliveries` what becomes of webhooks, `troubles` what goes wrong with requests.
 */
export class StripeSimulator implements Stage {
  readonly world: World;
  readonly checkout: Checkout;
  readonly cases: Cases;
  readonly deliveries = new Deliveries();
  readonly endpoints: Endpoints;
  private readonly api: StripeApi;
  private readonly server: SimServer;

  private constructor(options: WorldOptions) {
    this.world = new World(options);
    this.endpoints = new Endpoints(this.world.ids, this.deliveries);
    this.world.onEvent = event => this.endpoints.tell(event);
    watchInvoicePayments(this.world);
    watchBillingTime(this.world);
    this.checkout = new Checkout(this.world, subscriptionSale(this.world));
    this.cases = new Cases(this.world);
    this.api = new StripeApi(
      this.world,
      new Router(this.routes()),
      lookupIn(this.world, session => this.checkout.plans.get(session)?.items ?? []),
    );
    this.server = new SimServer(this.api, site(this));
  }

  static async start(options: SimulatorOptions = {}): Promise<StripeSimulator> {
    const simulator = new StripeSimulator({
      seed: randomInt(2 ** 32),
      livemode: false,
      taxPercent: 20,
      retryAfterSeconds: THREE_FIVE_SEVEN_DAYS,
      afterRetries: 'cancel',
      ...options,
    });
    const port = await simulator.server.listen(options.port ?? 0);
    simulator.world.url = `http://127.0.0.1:${port}`;
    return simulator;
  }

  /** What `STRIPE_API_BASE` is set to. */
  get url(): string {
    return this.world.url;
  }

  /** A key that it takes; any other of its mode is as good. */
  get secretKey(): string {
    return `sk_${this.world.mode}_simulator`;
  }

  get troubles(): Troubles {
    return this.server.troubles;
  }

  /** Refuses what is more than so many requests a second with 429; undefined takes the limit away. */
  limitRate(perSecond: number | undefined): void {
    this.api.rateLimit = new RateLimit(perSecond);
  }

  async stop(): Promise<void> {
    this.deliveries.close();
    await this.server.close();
  }

  private routes() {
    const { world, checkout, endpoints } = this;
    return [
      ...balanceTransactionRoutes(world),
      ...chargeRoutes(world),
      ...checkoutRoutes(world, checkout),
      ...couponRoutes(world),
      ...customerRoutes(world),
      ...disputeRoutes(world),
      ...eventRoutes(world),
      ...invoiceItemRoutes(world),
      ...invoiceRoutes(world),
      ...meterRoutes(world),
      ...paymentIntentRoutes(world),
      ...paymentMethodRoutes(world),
      ...priceRoutes(world),
      ...productRoutes(world),
      ...refundRoutes(world),
      ...setupIntentRoutes(world),
      ...subscriptionRoutes(world),
      ...testClockRoutes(world),
      ...webhookEndpointRoutes(world, endpoints),
    ];
  }
}
