import type { Pool } from 'pg';
import { differences, type Difference } from '../../plans/differences.js';
import { readDefinition, type KnownUnits } from '../../plans/read-definition.js';
import { StoredPlans, type StoredPlan } from '../../plans/stored-plans.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { UnitRegistry, type Unit } from '../../units/unit-registry.js';
import { FILE_PART, type PlansFile } from './plans-file.js';

const ALL = 1_000_000;

/** What a plan is in the ledger, and what a file makes of it. */
export interface PlanPreview {
  readonly id: string;
  /** Undefined where the ledger has no such plan. */
  readonly stored: StoredPlan | undefined;
  readonly differences: readonly Difference[];
  /** It is archived, and publishing it sells it again. */
  readonly soldAgain: boolean;
}

export interface Preview {
  readonly newUnits: readonly Omit<Unit, 'inUse'>[];
  /** Those that would change. */
  readonly plans: readonly PlanPreview[];
  /** On sale, and not in the file. */
  readonly notInFile: readonly string[];
}

/**
 * What would change if a file were applied. Changes nothing.
 * @throws LedgerError invalid_request, naming every field that is wrong
 */
export async function preview(pool: Pool, file: PlansFile, publish: boolean): Promise<Preview> {
  const known = new Map((await new UnitRegistry(pool).list('', ALL)).map(unit => [unit.unit, unit]));
  const newUnits = changedUnits(file, known);
  const units: KnownUnits = new Map([...known, ...newUnits.map(unit => [unit.unit, unit] as const)]);
  const stored = new Map((await new StoredPlans(pool).list('all', '', ALL)).map(plan => [plan.id, plan]));
  const plans: PlanPreview[] = [];
  const errors = [];
  for (const [id, given] of Object.entries(file.plans)) {
    const read = readDefinition(given, units, `${FILE_PART}.plans.${id}`);
    errors.push(...read.errors);
    const its = stored.get(id);
    const before = publish ? its?.definition : (its?.draft ?? its?.definition);
    const soldAgain = publish && its !== undefined && its.archivedAt !== null;
    const found = differences(before ?? undefined, read.definition);
    if (found.length > 0 || soldAgain) plans.push({ id, stored: its, differences: found, soldAgain });
  }
  if (errors.length > 0) throw new LedgerError('invalid_request', 'the file is not right', { errors });
  const notInFile = [...stored.values()]
    .filter(({ id, version, archivedAt }) => version !== null && archivedAt === null && !Object.hasOwn(file.plans, id))
    .map(({ id }) => id);
  return { newUnits, plans, notInFile };
}

/** Units that the ledger does not have, or has otherwise. */
function changedUnits(file: PlansFile, known: ReadonlyMap<string, Unit>): Omit<Unit, 'inUse'>[] {
  return Object.entries(file.units)
    .map(([unit, { kind, scale }]) => ({ unit, kind, scale }))
    .filter(({ unit, kind, scale }) => known.get(unit)?.kind !== kind || known.get(unit)?.scale !== scale);
}

const LONGEST_VALUE = 200;

/** For people: one line a place that changes. */
export function previewText({ newUnits, plans, notInFile }: Preview, publish: boolean): string {
  const lines: string[] = [];
  for (const { unit, kind, scale } of newUnits) lines.push(`unit ${unit}: ${kind}, ${scale} digits after the point`);
  for (const { id, stored, differences: found, soldAgain } of plans) {
    const version = stored?.version ?? null;
    const becomes = publish ? `version ${(version ?? 0) + (found.length > 0 ? 1 : 0)}` : 'a draft';
    lines.push(`plan ${id}: ${version === null ? 'not published' : `version ${version}`} → ${becomes}`);
    if (soldAgain) lines.push('  is archived, and would be sold again');
    for (const difference of found) lines.push(...differenceLines(difference));
  }
  for (const id of notInFile) lines.push(`plan ${id}: not in the file, stays as it is`);
  return lines.join('\n');
}

function differenceLines({ path, before, after }: Difference): string[] {
  // A plan that is new is told member by member.
  if (path === '') return differences({}, after).flatMap(differenceLines);
  if (before === undefined) return [`  + ${path}: ${shortened(after)}`];
  if (after === undefined) return [`  - ${path}: ${shortened(before)}`];
  return [`  ~ ${path}: ${shortened(before)} → ${shortened(after)}`];
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)`;
}
