import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Stripe } from 'stripe';
import { StripeSimulator, type SimulatorOptions } from '../../../tools/stripe-sim/simulator.js';

/** The real SDK, speaking to a simulator. */
export function sdkOf(simulator: StripeSimulator, options: { maxNetworkRetries?: number } = {}): Stripe {
  const { hostname, port } = new URL(simulator.url);
  return new Stripe(simulator.secretKey, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...options,
  });
}

/** A simulator whose time stands still until it is moved, and the SDK. */
export async function startStripe(
  options: SimulatorOptions = {},
): Promise<{ simulator: StripeSimulator; stripe: Stripe }> {
  const simulator = await StripeSimulator.start({ seed: 1, ...options });
  return { simulator, stripe: sdkOf(simulator) };
}

export interface Delivery {
  readonly body: string;
  readonly signature: string;
}

/** A receiver of webhooks: keeps what it is sent, and answers as the test says. */
export class WebhookReceiver {
  readonly got: Delivery[] = [];
  status: (delivery: Delivery) => number = () => 200;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<WebhookReceiver> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const receiver = new WebhookReceiver(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const delivery = {
        body: Buffer.concat(chunks).toString(),
        signature: String(request.headers['stripe-signature'] ?? ''),
      };
      receiver.got.push(delivery);
      response.writeHead(receiver.status(delivery)).end();
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhooks/stripe`;
  }

  /** Types of what was sent, in the order of arrival. */
  types(): string[] {
    return this.got.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}

/** Types of everything that happened, in order. */
export function happened(simulator: StripeSimulator): string[] {
  return simulator.world.events.all().map(event => event.type);
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return call.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: Stripe.errors.StripeError) => error,
  );
}
