import { availableParallelism } from 'node:os';
import type { Mode } from '../../ledger/submission.js';
import type { Difference } from '../compare/difference.js';
import type { Until } from '../fold/until.js';
import { LedgerSnapshot } from '../ledger-snapshot.js';
import { crossCheck } from './cross-checks.js';
import { planRanges, type Plan } from './plan-ranges.js';
import { verifyHere, verifyInThreads } from './range-workers.js';
import type { RangeResult } from './verify-range.js';

/** Of all; the counts count everything. */
const MOST_DIFFERENCES_KEPT = 1000;
/** Starting a thread costs what folding a good part of these does. */
const ENTRIES_WORTH_A_THREAD = 400_000;
const MOST_THREADS = 16;

export interface VerifyOptions {
  readonly ownerUrl: string;
  /** One account only. */
  readonly accountNo: number | null;
  readonly mode: Mode | null;
  /** Only the entries up to there; a seq needs an account. */
  readonly until: Until | null;
  /** 1 works on the calling thread; null takes as many as pay off. */
  readonly threads: number | null;
  /** Called before the first entry with how many there will be, as the account rows say. */
  readonly onPlan?: (plan: Plan) => void;
  readonly onProgress?: (entries: number) => void;
}

export interface VerifyReport {
  readonly accounts: number;
  readonly entries: number;
  readonly accountsThatDiffer: number;
  readonly differenceCount: number;
  /** The first ones. */
  readonly differences: readonly Difference[];
  readonly milliseconds: number;
}

/**
 * Folds every entry under every rule and compares all that is derived from them, byte for byte, as of one moment: what
 * the service writes meanwhile is not seen, and not waited for.
 */
export async function verifyLedger(options: VerifyOptions): Promise<VerifyReport> {
  const { ownerUrl, accountNo, mode, until, threads, onPlan, onProgress = () => {} } = options;
  const startedAt = performance.now();
  const snapshot = await LedgerSnapshot.take(ownerUrl);
  const results: RangeResult[] = [];
  try {
    const plan = accountNo === null ? await planRanges(snapshot.client, mode) : oneAccount(accountNo);
    onPlan?.(plan);
    const take = (result: RangeResult) => void results.push(result);
    const wanted = Math.min(threads ?? threadsThatPay(plan), MOST_THREADS);
    const inThreads = wanted > 1 && plan.ranges.length > 1;
    const data = { ownerUrl, snapshot: snapshot.name, mode, until };
    const folding = inThreads
      ? verifyInThreads(wanted, data, plan.ranges, onProgress, take)
      : verifyHere(snapshot.client, plan.ranges, { mode, until, progress: onProgress }, take);
    // Meanwhile where this connection has nothing else to do, afterwards where it has.
    const crossing = until === null ? crossCheck(snapshot.client, accountNo, mode) : [];
    const [crossed] = await Promise.all([crossing, folding]);
    return report(results, crossed, performance.now() - startedAt);
  } finally {
    await snapshot.close();
  }
}

function threadsThatPay({ entries }: Plan): number {
  return Math.min(availableParallelism(), Math.ceil(entries / ENTRIES_WORTH_A_THREAD));
}

function oneAccount(no: number): Plan {
  return { ranges: [{ first: no, last: no, inOrder: true }], accounts: 1, entries: 0 };
}

function report(results: readonly RangeResult[], crossed: readonly Difference[], milliseconds: number): VerifyReport {
  const sum = (of: (result: RangeResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const differences = [...results.flatMap(result => result.differences), ...crossed];
  return {
    accounts: sum(result => result.accounts),
    entries: sum(result => result.entries),
    accountsThatDiffer: sum(result => result.accountsThatDiffer),
    differenceCount: sum(result => result.differenceCount) + crossed.length,
    differences: differences.slice(0, MOST_DIFFERENCES_KEPT),
    milliseconds,
  };
}
