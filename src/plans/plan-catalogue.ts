import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { PlanTerms } from '../ledger/domain/plan-terms.js';
import { unitsOfTerms } from '../ledger/domain/subscription-units.js';
import { UnitRegistry, type Unit } from '../units/unit-registry.js';
import { compilePlan } from './compile-plan.js';
import { planNotFound } from './plan-changes.js';
import { PLAN_ID } from './plan-id.js';
import { unitsOf } from './read-definition.js';
import { StoredPlans, type Sight, type StoredPlan, type StoredVersion } from './stored-plans.js';

/** What a new subscription to a plan brings, as the plan is sold at this moment. */
export interface Offer {
  readonly terms: PlanTerms;
  /** Not sold any more: for those who have it already. */
  readonly archived: boolean;
}

/**
 * The catalogue as it is read. Which version is sold is asked of the database every time: no replica ever sells another
 * version than the rest, and nobody subscribes often enough for a cache to be worth that.
 */
@Injectable()
export class PlanCatalogue {
  private readonly stored: StoredPlans;

  constructor(
    pool: Pool,
    private readonly units: UnitRegistry,
  ) {
    this.stored = new StoredPlans(pool);
  }

  /** @throws LedgerError plan_not_found where there is no such plan, or nothing of it is published */
  async resolve(plan: string): Promise<Offer> {
    const found = PLAN_ID.test(plan) ? await this.stored.findWithFallback(plan) : [];
    const sold = found.find(({ id }) => id === plan);
    if (sold === undefined) throw planNotFound(plan);
    const fallback = found.find(({ id }) => id !== plan) ?? null;
    const units = new Map<string, Unit>();
    for (const unit of found.flatMap(({ definition }) => unitsOf(definition))) {
      units.set(unit, await this.units.find(unit));
    }
    const terms = compilePlan(sold, fallback, unit => units.get(unit)!);
    return { terms, archived: sold.archivedAt !== null };
  }

  /**
   * As `resolve`, with the plan's units put to use before anything is counted in them; what they were read with then stays.
   * @throws LedgerError plan_not_found where there is no such plan, or nothing of it is published
   */
  async offer(plan: string): Promise<Offer> {
    const offer = await this.resolve(plan);
    let changed = false;
    for (const name of unitsOfTerms(offer.terms)) {
      const unit = await this.units.find(name);
      if (unit.inUse) continue;
      await this.units.putToUse(unit);
      changed = true;
    }
    return changed ? this.resolve(plan) : offer;
  }

  /** @throws LedgerError plan_not_found, also where it may not be seen */
  async get(plan: string, sight: Sight): Promise<StoredPlan> {
    const found = PLAN_ID.test(plan) ? await this.stored.find(plan) : undefined;
    if (found === undefined || !isSeen(found, sight)) throw planNotFound(plan);
    return found;
  }

  /** In the order of their ids, those after `after`. */
  list(sight: Sight, after: string, limit: number): Promise<StoredPlan[]> {
    return this.stored.list(sight, after, limit);
  }

  /** Newest first, those before the version `before`. @throws LedgerError plan_not_found */
  async versions(plan: string, before: number, limit: number): Promise<StoredVersion[]> {
    await this.get(plan, 'all');
    return this.stored.versions(plan, before, limit);
  }
}

function isSeen({ version, definition, archivedAt }: StoredPlan, sight: Sight): boolean {
  if (sight === 'all') return true;
  if (version === null || definition === null) return false;
  return sight === 'published' || (archivedAt === null && definition.public);
}
