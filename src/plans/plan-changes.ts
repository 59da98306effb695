import { Injectable } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import type { Mode } from '../keys/api-key.js';
import { inTransaction } from '../projections/in-transaction.js';
import { recordUse } from '../runs/record-use.js';
import { LedgerError, type FieldError } from '../shared/ledger-error.js';
import type { UnitKind } from '../units/unit-registry.js';
import { fallingBackTo, onSale, wrongBeside, type OnSale } from './catalogue-rules.js';
import type { GivenPlanDefinition, PlanDefinition } from './definition.js';
import { PLAN_ID } from './plan-id.js';
import { readDefinition, unitsOf } from './read-definition.js';
import { StoredPlans, type StoredPlan } from './stored-plans.js';

/** One plan as somebody wants it. */
export interface PlanChange {
  readonly id: string;
  readonly given: GivenPlanDefinition;
  /** Else it is a draft. */
  readonly publish: boolean;
  /** Where the locations of what is wrong begin. */
  readonly part: string;
}

const MOST_PLANS = 1_000;
const MOST_VERSIONS = 10_000;

/** Any number: this one is for the catalogue. Its rules are about several plans at once, and it changes rarely. */
const ONE_AT_A_TIME = 'SELECT pg_advisory_xact_lock(4218870464)';
/** Locked, so that nobody defines anew what a version is about to name; in order, so that nobody waits in a circle. */
const LOCK_UNITS = 'SELECT unit, kind, scale FROM units WHERE unit = ANY ($1) ORDER BY unit FOR UPDATE';
const PUT_UNITS_TO_USE = 'UPDATE units SET in_use = true WHERE unit = ANY ($1) AND NOT in_use';
const NAME_PLANS = 'INSERT INTO plans (id) SELECT unnest($1::text[]) ON CONFLICT (id) DO NOTHING';
const COUNT_PLANS = 'SELECT count(*)::int AS count FROM plans';
const ON_SALE = `
SELECT p.id, json_array_length(v.definition -> 'prices') > 0 AS paid, v.definition ->> 'fallback' AS fallback
FROM plans p CROSS JOIN LATERAL (
  SELECT definition FROM plan_versions WHERE plan = p.id ORDER BY version DESC LIMIT 1
) v
WHERE p.archived_at IS NULL
ORDER BY p.id`;
const BIND_STRIPE_PRICES = `
INSERT INTO plan_stripe_prices (stripe_price, plan) SELECT unnest($2::text[]), $1 ON CONFLICT (stripe_price) DO NOTHING`;
const BOUND_ELSEWHERE = `
SELECT stripe_price AS "stripePrice", plan FROM plan_stripe_prices WHERE stripe_price = ANY ($2) AND plan <> $1`;
/** Published, in effect already or soon. */
const FIND_RATE_CARD = 'SELECT FROM rate_card_versions WHERE card = $1 AND published_at IS NOT NULL LIMIT 1';
/** The next version; none where the newest says the same. */
const PUBLISH = `
WITH newest AS (SELECT version, definition FROM plan_versions WHERE plan = $1 ORDER BY version DESC LIMIT 1)
INSERT INTO plan_versions (plan, version, definition, published_by)
SELECT $1, coalesce((SELECT version FROM newest), 0) + 1, $2::json, $3
WHERE NOT EXISTS (SELECT FROM newest WHERE definition::jsonb = $2::jsonb)
RETURNING version`;
const SELL = 'UPDATE plans SET draft = NULL, draft_saved_at = NULL, archived_at = NULL WHERE id = $1';
const SAVE_DRAFT = 'UPDATE plans SET draft = $2, draft_saved_at = clock_timestamp() WHERE id = $1';
const ARCHIVE = 'UPDATE plans SET archived_at = coalesce(archived_at, clock_timestamp()) WHERE id = $1';

/** Writes the catalogue: any number of plans together, or nothing. */
@Injectable()
export class PlanChanges {
  constructor(private readonly pool: Pool) {}

  /**
   * @param actor the id of an API key, or user@host
   * @param check runs once nobody else can change the catalogue any more; what it throws undoes everything
   * @returns the plans as they are then, in the order of the changes
   * @throws LedgerError invalid_request, naming every field that is wrong
   * @throws LedgerError too_many_plans
   */
  async apply(
    actor: string,
    changes: readonly PlanChange[],
    check: (stored: StoredPlans) => Promise<void> = async () => {},
  ): Promise<StoredPlan[]> {
    return this.alone(async client => {
      const stored = new StoredPlans(client);
      await check(stored);
      const published = changes.filter(({ publish }) => publish);
      const definitions = await read(client, changes);
      await client.query(NAME_PLANS, [changes.map(({ id }) => id)]);
      await refuseTooMany(client);
      await checkBesideOthers(client, published, definitions);
      await client.query(PUT_UNITS_TO_USE, [published.flatMap(({ given }) => unitsOf(given))]);
      for (const change of changes) await write(client, actor, change, definitions.get(change)!);
      const found: StoredPlan[] = [];
      for (const { id } of changes) found.push((await stored.find(id))!);
      return found;
    });
  }

  /**
   * Ends the sale of a plan; who has it keeps it. Publishing it again sells it again.
   * @param by goes on record with it; null for the command line, which puts each of its commands there itself
   * @throws LedgerError plan_not_found, plan_in_use
   */
  async archive(id: string, by: { readonly keyId: string; readonly mode: Mode } | null): Promise<StoredPlan> {
    return this.alone(async client => {
      const stored = new StoredPlans(client);
      if (!PLAN_ID.test(id) || (await stored.find(id)) === undefined) throw planNotFound(id);
      const dependants = fallingBackTo(await plansOnSale(client), id);
      if (dependants.length > 0) {
        throw new LedgerError(
          'plan_in_use',
          `${dependants.join(', ')} fall back to the plan ${id}: change these first`,
        );
      }
      await client.query(ARCHIVE, [id]);
      if (by !== null) {
        const { keyId: actor, mode } = by;
        await recordUse(client, { actor, mode, action: 'plans.archive', arguments: { plan: id }, reason: null });
      }
      return (await stored.find(id))!;
    });
  }

  private async alone<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      const result = await inTransaction(client, async () => {
        await client.query(ONE_AT_A_TIME);
        return work(client);
      });
      client.release();
      return result;
    } catch (error) {
      client.release(!(error instanceof LedgerError));
      throw error;
    }
  }
}

export function planNotFound(id: string): LedgerError {
  return new LedgerError('plan_not_found', `there is no plan ${JSON.stringify(id)}`);
}

/** The definitions in canonical form. */
async function read(
  client: PoolClient,
  changes: readonly PlanChange[],
): Promise<ReadonlyMap<PlanChange, PlanDefinition>> {
  const names = [...new Set(changes.flatMap(({ given }) => unitsOf(given)))];
  const { rows } = await client.query<{ unit: string; kind: UnitKind; scale: number }>(LOCK_UNITS, [names]);
  const units = new Map(rows.map(row => [row.unit, row]));
  const definitions = new Map<PlanChange, PlanDefinition>();
  const errors: FieldError[] = [];
  for (const change of changes) {
    const { definition, errors: its } = readDefinition(change.given, units, change.part);
    definitions.set(change, definition);
    errors.push(...its);
  }
  refuse(errors);
  return definitions;
}

async function plansOnSale(client: PoolClient): Promise<Map<string, OnSale>> {
  const { rows } = await client.query<OnSale & { id: string }>(ON_SALE);
  return new Map(rows.map(({ id, paid, fallback }) => [id, { paid, fallback }]));
}

async function checkBesideOthers(
  client: PoolClient,
  published: readonly PlanChange[],
  definitions: ReadonlyMap<PlanChange, PlanDefinition>,
): Promise<void> {
  if (published.length === 0) return;
  const plans = await plansOnSale(client);
  for (const change of published) plans.set(change.id, onSale(definitions.get(change)!));
  const errors = published.flatMap(({ id, part }) => wrongBeside(plans, id, part));
  for (const change of published) {
    const definition = definitions.get(change)!;
    errors.push(...(await checkRateCard(client, change, definition)));
    errors.push(...(await bindStripePrices(client, change, definition)));
  }
  refuse(errors);
}

async function checkRateCard(
  client: PoolClient,
  { part }: PlanChange,
  { rate_card: card }: PlanDefinition,
): Promise<FieldError[]> {
  if (card === undefined || (await client.query(FIND_RATE_CARD, [card])).rowCount === 1) return [];
  return [{ location: `${part}.rate_card`, message: `names no rate card there is: publish ${card} first` }];
}

async function bindStripePrices(
  client: PoolClient,
  { id, part }: PlanChange,
  { prices }: PlanDefinition,
): Promise<FieldError[]> {
  const named = prices.map(({ stripe_price: stripePrice }) => stripePrice);
  const bound = named.filter(stripePrice => stripePrice !== undefined);
  await client.query(BIND_STRIPE_PRICES, [id, bound]);
  const { rows } = await client.query<{ stripePrice: string; plan: string }>(BOUND_ELSEWHERE, [id, bound]);
  return rows.map(({ stripePrice, plan }) => ({
    location: `${part}.prices[${named.indexOf(stripePrice)}].stripe_price`,
    message: `means the plan ${plan} for ever: make another price in Stripe`,
  }));
}

async function write(client: PoolClient, actor: string, change: PlanChange, definition: PlanDefinition): Promise<void> {
  const json = JSON.stringify(definition);
  if (!change.publish) return void (await client.query(SAVE_DRAFT, [change.id, json]));
  const { rows } = await client.query<{ version: number }>(PUBLISH, [change.id, json, actor]);
  if (rows[0] !== undefined && rows[0].version > MOST_VERSIONS) {
    throw new LedgerError(
      'too_many_plans',
      `the plan ${change.id} has ${MOST_VERSIONS} versions, the most there can be`,
    );
  }
  await client.query(SELL, [change.id]);
}

async function refuseTooMany(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ count: number }>(COUNT_PLANS);
  if (rows[0]!.count <= MOST_PLANS) return;
  throw new LedgerError('too_many_plans', `there can be ${MOST_PLANS} plans, those archived included`);
}

/** @throws LedgerError invalid_request where there are errors */
function refuse(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw new LedgerError('invalid_request', `${first.location} ${first.message}`, {
    errors: errors.slice(0, MOST_ERRORS),
  });
}

const MOST_ERRORS = 20;
