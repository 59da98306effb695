import { PlanCatalogue } from '../../src/plans/plan-catalogue.js';
import type { Difference } from '../../src/stripe/reconcile/difference.js';
import { reconcileWith, type Reconcile } from '../../src/stripe/reconcile/reconcile.js';
import type { Span } from '../../src/stripe/reconcile/span.js';
import { StripeClients } from '../../src/stripe/stripe-clients.js';
import { Offers } from '../../src/stripe/top-ups/offers.js';
import { Packs } from '../../src/stripe/top-ups/packs.js';
import { TopUps } from '../../src/stripe/top-ups/top-ups.js';
import { openEngine, type Engine } from '../support/engine.js';
import type { Shop } from './shop.js';

export const LIVE = { mode: 'live', stripeAccount: null } as const;

/** A reconciliation of a shop with its Stripe, and the engine it books with, to be drained. */
export async function openReconcile(shop: Shop): Promise<{ reconcile: Reconcile; engine: Engine }> {
  const engine = await openEngine(shop.database);
  const pool = shop.database.appPool;
  const { writePath, ids, units } = engine;
  const clients = new StripeClients({
    secretKeys: [shop.simulator.secretKey],
    webhookSecrets: [],
    apiBase: shop.simulator.url,
  });
  const topUps = new TopUps({ pool, clients, offers: new Offers(new Packs(pool), units) });
  const catalogue = new PlanCatalogue(pool, units);
  return { reconcile: reconcileWith({ pool, clients, writePath, ids, units, topUps, catalogue }), engine };
}

/** All differences of a span. */
export async function differencesOf(shop: Shop, span: Span): Promise<Difference[]> {
  const { reconcile, engine } = await openReconcile(shop);
  try {
    const found: Difference[] = [];
    for await (const difference of reconcile.differences(LIVE, span)) found.push(difference);
    return found;
  } finally {
    await engine.writePath.drain();
  }
}
