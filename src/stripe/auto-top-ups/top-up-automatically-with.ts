import type { Pool } from 'pg';
import type { IdCodec } from '../../ids/id-codec.js';
import type { WritePath } from '../../ledger/write-path.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import { BookSteps } from '../payments/book-steps.js';
import { ReadPayments } from '../payments/read-payments.js';
import { SettlePayment } from '../payments/settle-payment.js';
import { StoredPayments } from '../payments/stored-payments.js';
import type { StripeClients } from '../stripe-clients.js';
import { Customers } from '../top-ups/customers.js';
import type { Offers } from '../top-ups/offers.js';
import type { TopUps } from '../top-ups/top-ups.js';
import { Charges } from './charges.js';
import { FollowAttempt } from './follow-attempt.js';
import { LookAtAccount } from './look-at-account.js';
import { Outcomes, type Settled } from './outcomes.js';
import { StoredAttempts } from './stored-attempts.js';
import { StoredPolicies } from './stored-policies.js';
import { TopUpAutomatically, type AutoTopUpWork } from './top-up-automatically.js';

export interface AutomaticParts {
  readonly pool: Pool;
  readonly writePath: WritePath;
  readonly ids: IdCodec;
  readonly units: UnitRegistry;
  readonly clients: StripeClients;
  readonly offers: Offers;
  readonly topUps: TopUps;
  readonly settled: Settled;
  readonly log: AutoTopUpWork['log'];
}

/** With all that it takes to ask Stripe for money and to change the ledger. */
export function topUpAutomaticallyWith({
  clients,
  offers,
  topUps,
  settled,
  log,
  ...parts
}: AutomaticParts): TopUpAutomatically {
  const { pool, writePath, units } = parts;
  const stored = new StoredPayments(pool);
  const [policies, attempts] = [new StoredPolicies(pool), new StoredAttempts(pool)];
  const [charges, outcomes] = [new Charges(clients), new Outcomes(pool, settled)];
  const read = new ReadPayments(clients, topUps, units);
  const settle = new SettlePayment(stored, new BookSteps({ ...parts, stored }));
  const follow = new FollowAttempt({ attempts, charges, outcomes, read, settle });
  const customers = new Customers(pool, clients);
  const looking = { policies, attempts, writePath, units, offers, customers, charges, outcomes, follow };
  const account = new LookAtAccount(looking);
  return new TopUpAutomatically({ policies, modes: clients.modes, look: policy => account.look(policy), log });
}
