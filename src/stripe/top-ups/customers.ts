import type { Pool } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import type { StripeClients } from '../stripe-clients.js';
import { ACCOUNT } from '../payments/sale.js';

const BEGIN = `
INSERT INTO stripe_customers (mode, account) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT stripe_customers_once DO NOTHING`;
const FIND = `SELECT token, customer FROM stripe_customers WHERE mode = $1 AND account = $2`;
/** Who sees first that it is gone makes room for another; who comes later finds that done. */
const LET_GO = `
UPDATE stripe_customers SET customer = NULL, token = gen_random_uuid() WHERE mode = $1 AND account = $2 AND customer = $3`;
const REMEMBER = `
UPDATE stripe_customers SET customer = $3 WHERE mode = $1 AND account = $2 AND token = $4 AND customer IS NULL`;

/** The one customer that each account is to Stripe. Nowhere else does a customer's id appear. */
export class Customers {
  constructor(
    private readonly pool: Pool,
    private readonly clients: StripeClients,
  ) {}

  /** Made where there is none yet: of those who ask at once, all get the same, because they ask with the same token. */
  async of(mode: Mode, account: string): Promise<string> {
    const known = await this.find(mode, account);
    if (typeof known?.customer === 'string') return known.customer;
    if (known === undefined) await this.pool.query(BEGIN, [mode, account]);
    const { token } = known ?? (await this.find(mode, account))!;
    const made = await this.clients
      .of(mode)
      .customers.create({ metadata: { [ACCOUNT]: account } }, { idempotencyKey: `credits-customer-${token}` });
    await this.pool.query(REMEMBER, [mode, account, made.id, token]);
    return (await this.find(mode, account))!.customer ?? made.id;
  }

  /** Somebody deleted that one at Stripe: whoever asks from now on gets another. */
  async letGo(mode: Mode, account: string, customer: string): Promise<void> {
    await this.pool.query(LET_GO, [mode, account, customer]);
  }

  /** Undefined where nobody has made one yet. */
  async known(mode: Mode, account: string): Promise<string | undefined> {
    return (await this.find(mode, account))?.customer ?? undefined;
  }

  private async find(mode: Mode, account: string): Promise<{ token: string; customer: string | null } | undefined> {
    return (await this.pool.query<{ token: string; customer: string | null }>(FIND, [mode, account])).rows[0];
  }
}
