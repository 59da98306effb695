import type { SeededRandom } from '../client/seeded-random.js';
import type { TraceRow } from './read-trace.js';

/** What one token costs, in billionths of a credit: 0.00125 credits read, 0.00625 credits written. */
const CONTEXT_TOKEN_COST = 1_250_000n;
const GENERATED_TOKEN_COST = 6_250_000n;

/** How much generation a product promises to hold for at first, and grows by when a stream runs on. */
export const GENERATION_STEP_TOKENS = 256;

const SHARE_ABORTED = 0.06;
const SHARE_DUPLICATED = 0.05;
const SHARE_CAPTURED_IN_PARTS = 0.05;
const SHARE_REFUNDED = 0.02;
const SHARE_IMPATIENT = 0.02;
const LONGEST_IMPATIENCE_MS = 8;

export type Step = 'reserve' | 'spend';

/** What will happen to one request of the trace; everything here follows from the row and the seed. */
export interface RequestPlan {
  readonly row: TraceRow;
  /** Index of the account that pays. */
  readonly account: number;
  /** How it ends: by itself, given up before anything was delivered, or given up midway. */
  readonly ending: 'complete' | 'abandoned' | 'interrupted';
  /** Tokens the user really got. */
  readonly deliveredTokens: number;
  /** When it runs over what was promised: grow the hold on the way, or settle the excess at the end. */
  readonly growth: 'extend' | 'overrun';
  readonly capturedInParts: boolean;
  readonly refunded: boolean;
  readonly duplicate: { readonly step: Step; readonly atOnce: boolean } | null;
  readonly impatience: { readonly step: Step; readonly hangUpAfterMs: number } | null;
}

export function requestCost(contextTokens: number, generatedTokens: number): bigint {
  return CONTEXT_TOKEN_COST * BigInt(contextTokens) + GENERATED_TOKEN_COST * BigInt(generatedTokens);
}

/** What one more step of generation costs. */
export function stepCost(): bigint {
  return requestCost(0, GENERATION_STEP_TOKENS);
}

export function planRequest(row: TraceRow, accounts: number, random: SeededRandom): RequestPlan {
  const ending = random.chance(SHARE_ABORTED) ? random.pick(['abandoned', 'interrupted'] as const) : 'complete';
  const step = (): Step => random.pick(['reserve', 'spend'] as const);
  const share = ending === 'complete' ? 1 : ending === 'abandoned' ? 0 : random.next();
  return {
    row,
    // Squared, so that a few accounts are much busier than the rest, as customers are.
    account: Math.floor(accounts * random.next() ** 2),
    ending,
    deliveredTokens: Math.floor(row.generatedTokens * share),
    growth: random.pick(['extend', 'overrun'] as const),
    capturedInParts: random.chance(SHARE_CAPTURED_IN_PARTS),
    refunded: random.chance(SHARE_REFUNDED),
    duplicate: random.chance(SHARE_DUPLICATED) ? { step: step(), atOnce: random.chance(0.5) } : null,
    impatience: random.chance(SHARE_IMPATIENT)
      ? { step: step(), hangUpAfterMs: random.integer(0, LONGEST_IMPATIENCE_MS) }
      : null,
  };
}
