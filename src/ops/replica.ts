import type { Logger } from 'pino';
import { PastBalances } from '../balances/past-balances.js';
import { GetBalanceHandler } from '../balances/get-balance.js';
import { APP_ROLE, createAppClient, createAppPool } from '../database/connections.js';
import { IdCodec } from '../ids/id-codec.js';
import { loadIdSecret } from '../ids/id-secret.js';
import { AnswerWriter } from '../ledger/answer.js';
import { scalesIn, WritePath } from '../ledger/write-path.js';
import { PlanCatalogue } from '../plans/plan-catalogue.js';
import { ExplainAccountHandler } from '../replay/explain/explain-account.js';
import { actOnEventWith } from '../stripe/act-on-event.js';
import { MeterReports } from '../stripe/arrears/meter-reports.js';
import { Inbox } from '../stripe/intake/inbox.js';
import { reconcileWith, type Reconcile } from '../stripe/reconcile/reconcile.js';
import { StripeClients, type StripeSettings } from '../stripe/stripe-clients.js';
import { Offers } from '../stripe/top-ups/offers.js';
import { Packs } from '../stripe/top-ups/packs.js';
import { TopUps } from '../stripe/top-ups/top-ups.js';
import { UnitRegistry } from '../units/unit-registry.js';

const NO_STRIPE: StripeSettings = { secretKeys: [], webhookSecrets: [], apiBase: null };

/** Reads as every replica does: what is due is booked first, so that the answer is the API's. */
export interface Replica {
  readonly explain: ExplainAccountHandler;
  readonly balance: GetBalanceHandler;
  readonly inbox: Inbox;
  readonly usage: MeterReports;
  readonly reconcile: Reconcile;
  close(): Promise<void>;
}

/** @param stripe keys of Stripe's, for what asks it */
export async function openReplica(
  ownerUrl: string,
  logger: Logger,
  stripe: StripeSettings = NO_STRIPE,
): Promise<Replica> {
  const login = { url: ownerUrl, role: APP_ROLE };
  const pool = createAppPool({ login, logger, applicationName: 'credits-ledger ops' });
  const ids = new IdCodec(await loadIdSecret(pool));
  const units = new UnitRegistry(pool);
  const writer = new AnswerWriter(ids, scalesIn(units));
  const log = { warn: (text: string) => logger.warn(text), error: (text: string) => logger.error(text) };
  const createClient = (applicationName: string) => createAppClient({ login, logger, applicationName });
  const writePath = new WritePath({ database: pool, createClient, ids, units, lanes: 1, log });
  const clients = new StripeClients(stripe);
  const topUps = new TopUps({ pool, clients, offers: new Offers(new Packs(pool), units) });
  const acting = { pool, writePath, ids, units, clients, topUps, catalogue: new PlanCatalogue(pool, units) };
  return {
    inbox: new Inbox(pool, actOnEventWith(acting)),
    usage: new MeterReports(pool, ids),
    reconcile: reconcileWith(acting),
    explain: new ExplainAccountHandler(writePath, writer, units, ids, pool),
    balance: new GetBalanceHandler(writePath, writer, units, new PastBalances(pool)),
    close: async () => {
      await writePath.drain();
      await pool.end();
    },
  };
}
