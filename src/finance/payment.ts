import type { LotCategory } from '../ledger/domain/account.js';
import type { Mode } from '../ledger/submission.js';

/**
 * A grant with a cost, and what became of its credits: those of its lot and of the lots made from it, which carried what
 * was left or replaced what had expired before it came back. Money in steps of `scale`, credits in base units.
 */
export interface Payment {
  readonly accountNo: number;
  /** Number of the lot the grant made. */
  readonly root: number;
  readonly mode: Mode;
  readonly category: LotCategory;
  readonly currency: string;
  readonly scale: number;
  readonly cost: bigint;
  readonly granted: bigint;
  /** Still there, available or under hold. */
  live: bigint;
  /** Expired unspent. */
  expired: bigint;
  /** Revoked in its name and not reinstated; may be more than was granted, where what came back was revoked again. */
  revoked: bigint;
}

/** How a payment's cost is divided. The four sum to it, always. */
export interface Division {
  readonly recognised: bigint;
  readonly deferred: bigint;
  readonly breakage: bigint;
  readonly revoked: bigint;
}

export const NOTHING: Division = { recognised: 0n, deferred: 0n, breakage: 0n, revoked: 0n };

/**
 * Divides the cost by what became of the credits: each share is rounded down, but for the one that was given back, and what
 * rounding leaves stays deferred as long as there are credits, then goes to what they were used for. A function of the present state alone, so that it
 * does not matter in how many steps a state was reached.
 *
 * Money given back is given back whatever the credits did: it covers what is neither live nor expired first (it lowers
 * what was recognised), then what had expired, then what is live.
 */
export function divide({ cost, granted, live, expired, revoked: inItsName }: Payment): Division {
  const givenBack = least(inItsName, granted);
  const kept = granted - givenBack;
  const waiting = least(live, kept);
  const broken = least(expired, kept - waiting);
  const used = kept - waiting - broken;
  const share = (credits: bigint): bigint => (cost * credits) / granted;
  // The credits are a share of the money, rounded down: the nearest money is the one that went back.
  const back = (2n * cost * givenBack + granted) / (2n * granted);
  const parts = { recognised: share(used), deferred: 0n, breakage: share(broken), revoked: back };
  const rest = cost - parts.recognised - parts.breakage - parts.revoked;
  if (waiting > 0n) parts.deferred = rest;
  else if (used > 0n) parts.recognised += rest;
  else parts.breakage += rest;
  return parts;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
