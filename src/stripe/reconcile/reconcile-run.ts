import type { RecordedRun } from '../../runs/run.js';
import type { Finding } from './difference.js';

/** What a reconciliation was asked to do, as it stands on record. */
export interface ReconciliationArguments {
  /** RFC 3339; included. */
  readonly from: string;
  /** RFC 3339; excluded. */
  readonly to: string;
  /** Only tell what differs. */
  readonly dry_run: boolean;
}

/** One difference and what came of it, as it goes over the wire. */
export interface FoundAtStripe {
  readonly kind: Finding['kind'];
  readonly object: string;
  readonly account: string | null;
  readonly words: string;
  readonly repairable: boolean;
  /** What was done about it, or why not; null where nothing was tried. */
  readonly repair: { readonly done: boolean; readonly words: string } | null;
}

/** What came of it so far; counts count everything. */
export interface ReconciliationResult {
  readonly objects: number;
  readonly differences: number;
  readonly repaired: number;
  readonly first_differences: readonly FoundAtStripe[];
  /** Why it failed. */
  readonly error?: string;
}

/** How far it came. */
export interface ReconciliationProgress {
  readonly objects: number;
  readonly objects_expected: number;
  /** The last object that is done; null before the first. */
  readonly last_object: string | null;
  /** Workers that began and did not come any further. */
  readonly attempts: number;
}

export type ReconciliationRun = RecordedRun<ReconciliationProgress, ReconciliationResult>;

/** What a person looks at, and what a row should hold. */
const MOST_DIFFERENCES_KEPT = 500;

export function resultWith(before: ReconciliationResult | null, findings: readonly Finding[]): ReconciliationResult {
  const { objects = 0, differences = 0, repaired = 0, first_differences: kept = [] } = before ?? {};
  return {
    objects: objects + 1,
    differences: differences + findings.length,
    repaired: repaired + findings.filter(({ repair }) => repair?.isDone === true).length,
    first_differences: [...kept, ...findings.map(onTheWire)].slice(0, MOST_DIFFERENCES_KEPT),
  };
}

function onTheWire({ kind, object, account, words, isRepairable, repair }: Finding): FoundAtStripe {
  const done = repair && { done: repair.isDone, words: repair.words };
  return { kind, object, account, words, repairable: isRepairable, repair: done };
}
