import { Stripe } from 'stripe';
import type { Mode } from '../ledger/submission.js';
import { LedgerError } from '../shared/ledger-error.js';
import type { ToldEvent } from './intake/event-envelope.js';

/** Two tries of a request end before whoever took up an event loses it to another worker. */
const TIMEOUT_MS = 8_000;
const RETRIES = 1;

export interface StripeSettings {
  /** One for each mode at most. */
  readonly secretKeys: readonly string[];
  readonly webhookSecrets: readonly string[];
  /** Where Stripe is; null for Stripe itself. */
  readonly apiBase: string | null;
}

/** Stripe as the service may speak to it: with a key for live, for test, for both, or not at all. */
export class StripeClients {
  readonly webhookSecrets: readonly string[];
  /** Checks signatures; needs no key. */
  readonly signature: Stripe.Signature = Stripe.webhooks.signature!;
  private readonly byMode: ReadonlyMap<Mode, Stripe>;

  constructor({ secretKeys, webhookSecrets, apiBase }: StripeSettings) {
    this.webhookSecrets = webhookSecrets;
    this.byMode = new Map(secretKeys.map(key => [modeOfKey(key), clientOf(key, apiBase)]));
  }

  get modes(): readonly Mode[] {
    return [...this.byMode.keys()];
  }

  /** @throws LedgerError stripe_not_configured */
  of(mode: Mode): Stripe {
    const client = this.byMode.get(mode);
    if (client !== undefined) return client;
    const keys = this.byMode.size === 0 ? 'no STRIPE_SECRET_KEY' : `no ${mode} key among STRIPE_SECRET_KEY`;
    throw new LedgerError(
      'stripe_not_configured',
      `this service has ${keys}: it cannot ask Stripe about ${mode} money`,
    );
  }

  /** Why nothing will be done about an event; null where something may be. */
  whyIgnored({ subject, mode, type, stripeAccount }: ToldEvent): string | null {
    if (subject === null) return `nothing is done about ${type}`;
    // Its owner decides what stands there, so none of it may bring credits.
    if (stripeAccount !== null) return 'it is about a connected account';
    return this.byMode.size > 0 && !this.byMode.has(mode) ? `this service has no ${mode} key of Stripe's` : null;
  }
}

/** `sk_live_…`, `rk_test_…`: the mode of a key is in its name. */
function modeOfKey(key: string): Mode {
  return /^[rs]k_live_/.test(key) ? 'live' : 'test';
}

function clientOf(key: string, apiBase: string | null): Stripe {
  const patience = { timeout: TIMEOUT_MS, maxNetworkRetries: RETRIES, telemetry: false };
  const appInfo = { name: 'credits-ledger' };
  if (apiBase === null) return new Stripe(key, { ...patience, appInfo });
  const { protocol, hostname, port } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return new Stripe(key, {
    ...patience,
    appInfo,
    host: hostname,
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
    protocol: isPlain ? 'http' : 'https',
  });
}
