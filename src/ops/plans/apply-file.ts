import type { Pool } from 'pg';
import { PlanChanges } from '../../plans/plan-changes.js';
import type { StoredPlans } from '../../plans/stored-plans.js';
import { UnitRegistry } from '../../units/unit-registry.js';
import { Misuse } from '../misuse.js';
import { actor } from '../on-record.js';
import { readDocument, wrongIn } from '../read-document.js';
import { FILE_PART, parsePlansFile, type PlansFile } from './plans-file.js';
import { preview, previewText, type Preview } from './preview.js';

export interface Applying {
  /** Versions; else drafts. */
  readonly publish: boolean;
  readonly say: (text: string) => void;
  /** Asked once it has been said what would change. */
  readonly agreed: () => Promise<boolean>;
}

interface Looked {
  readonly file: PlansFile;
  readonly found: Preview;
  /** Whether the file would change anything. */
  readonly changes: boolean;
}

/** Says what a file would change. @throws Misuse */
export async function lookAtFile(
  pool: Pool,
  path: string,
  publish: boolean,
  say: (text: string) => void,
): Promise<Looked> {
  const value = await readDocument(path);
  try {
    const file = parsePlansFile(value);
    const found = await preview(pool, file, publish);
    const changes = found.newUnits.length > 0 || found.plans.length > 0;
    const text = previewText(found, publish);
    if (text !== '') say(text);
    if (!changes) say('nothing would change');
    return { file, found, changes };
  } catch (error) {
    throw wrongIn(path, error);
  }
}

/** Says what a file changes, asks, and changes it: units first, then all of its plans or none. @throws Misuse */
export async function applyFile(pool: Pool, path: string, { publish, say, agreed }: Applying): Promise<void> {
  const { file, found, changes } = await lookAtFile(pool, path, publish, say);
  if (!changes) return;
  if (!(await agreed())) return say('nothing was changed');
  const units = new UnitRegistry(pool);
  for (const { unit, kind, scale } of found.newUnits) await units.define(unit, kind, scale);
  const wanted = found.plans.map(({ id }) => {
    return { id, given: file.plans[id]!, publish, part: `${FILE_PART}.plans.${id}` };
  });
  const check = (stored: StoredPlans): Promise<void> => isStillSo(stored, found);
  const applied = await new PlanChanges(pool).apply(actor(), wanted, check).catch((error: unknown) => {
    throw wrongIn(path, error);
  });
  for (const { id, version } of applied) {
    say(publish ? `${id}: version ${version} is sold` : `${id}: the draft is saved`);
  }
}

/** What was shown is what is changed. @throws Misuse */
async function isStillSo(stored: StoredPlans, { plans }: Preview): Promise<void> {
  for (const { id, stored: seen } of plans) {
    const now = (await stored.find(id))?.version ?? null;
    if (now !== (seen?.version ?? null)) {
      throw new Misuse(`${id} has been published meanwhile, as version ${now}: no plan was changed. Look again.`);
    }
  }
}
