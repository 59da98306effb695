import { UnitTotalsProjection } from '../balances/unit-totals-projection.js';
import { FinanceProjection } from '../finance/finance-projection.js';
import { UsageProjection } from '../usage/usage-projection.js';
import type { Projection } from './projection.js';

/** What operators choose about projections that are made from now on. */
export interface ProjectionChoices {
  /** Names of metadata by which usage can be grouped. */
  readonly usageProperties: readonly string[];
}

/** The choices; the application's root provides them. */
export const PROJECTION_CHOICES = Symbol('PROJECTION_CHOICES');

/** Every projection that follows the entries. */
export function everyProjection({ usageProperties }: ProjectionChoices): Projection[] {
  return [new UsageProjection(usageProperties), new UnitTotalsProjection(), new FinanceProjection()];
}
