import type { Grant } from '../src/ledger/domain/command.js';

/** What every contestant answers alike: the JSON bytes of openapi.json for a reserve and a commit. */
export interface Contestant {
  reserve(account: string, amount: bigint, once: Once): Promise<Buffer>;
  /** `reservation` is the id the reserve answered with. */
  commit(reservation: string, amount: bigint, once: Once): Promise<Buffer>;
  close(): Promise<void>;
}

/** An idempotency key and the 16-byte hash of the request it stands for. */
export interface Once {
  readonly key: string;
  readonly fingerprint: Buffer;
}

/**
 * `ours-on-plans`: each account on a plan with two limits, each event priced by a rate card. The others on plans leave the
 * same three entries a command, the event among them, and answer the same, but their price stands in the code, they open
 * no windows, and they check no lots.
 */
export type ContestantName = OursName | CompetitorName;
export type OursName = 'ours' | 'ours-on-plans';
export type CompetitorName = 'same-state' | 'same-state-on-plans' | 'lean' | 'lean-on-plans';

/** Units that the limits of the plan are counted in. */
export const LIMITS = ['calls', 'tokens'] as const;

/** The accounts every database of the benchmark has, and how they are called. */
export const SPREAD_ACCOUNTS = 10_000;
export const HOT_ACCOUNT = 'hot';

export function spreadAccount(index: number): string {
  return `spread-${index}`;
}

/** Two lots per account, far more than any run spends; half of 10^15 base units each. */
export const GRANTS: readonly Grant[] = [grant('promotional', 40), grant('paid', 50)];
export const GRANTS_ON_PLANS: readonly Grant[] = [...GRANTS, ...LIMITS.map(unit => grant('included', 50, unit))];
export const GRANTED = GRANTS.reduce((sum, { amount }) => sum + amount, 0n);

function grant(category: Grant['category'], priority: number, unit = 'credits'): Grant {
  return {
    type: 'grant',
    unit,
    amount: 500_000_000_000_000n,
    category,
    priority,
    expiresAt: null,
    appliesTo: null,
    cost: null,
    rollover: null,
    reason: null,
    metadata: null,
  };
}
