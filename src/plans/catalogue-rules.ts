import type { FieldError } from '../shared/ledger-error.js';
import { isPaid, type PlanDefinition } from './definition.js';

/** What other plans need to know of a plan that is sold. */
export interface OnSale {
  readonly paid: boolean;
  readonly fallback: string | null;
}

export function onSale(definition: PlanDefinition): OnSale {
  return { paid: isPaid(definition), fallback: definition.fallback ?? null };
}

/**
 * What is wrong with a plan beside the others, as they will be sold with it. A fallback is where every road ends: it has
 * no price, so that nobody owes for what they did not choose, and no fallback of its own.
 * @param plans all that will be sold, this one included
 */
export function wrongBeside(plans: ReadonlyMap<string, OnSale>, id: string, part: string): FieldError[] {
  const { paid, fallback } = plans.get(id)!;
  const errors: FieldError[] = [];
  const problem = fallback === null ? null : wrongFallback(plans, id, fallback);
  if (problem !== null) errors.push({ location: `${part}.fallback`, message: problem });
  const dependants = fallingBackTo(plans, id);
  if (dependants.length > 0 && paid) {
    errors.push({
      location: `${part}.prices`,
      message: `must be empty: ${dependants.join(', ')} fall back to this plan`,
    });
  }
  if (dependants.length > 0 && fallback !== null && problem === null) {
    const message = `must be left out: ${dependants.join(', ')} fall back to this plan`;
    errors.push({ location: `${part}.fallback`, message });
  }
  return errors;
}

/** The other plans that name this one as their fallback. */
export function fallingBackTo(plans: ReadonlyMap<string, OnSale>, id: string): string[] {
  return [...plans].filter(([other, { fallback }]) => other !== id && fallback === id).map(([other]) => other);
}

function wrongFallback(plans: ReadonlyMap<string, OnSale>, id: string, fallback: string): string | null {
  if (fallback === id) return 'is the plan itself: leave it out';
  const its = plans.get(fallback);
  if (its === undefined) return `there is no plan ${JSON.stringify(fallback)} on sale: publish it first`;
  if (its.paid) return `must be a plan without a price, ${fallback} has one`;
  return its.fallback === null ? null : `must be a plan without a fallback of its own, ${fallback} has ${its.fallback}`;
}
