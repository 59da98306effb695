import type { AppliesTo } from '../ledger/domain/account.js';

/** What a caller may name one. */
export const CAMPAIGN_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Of each mode. */
export const MOST_CAMPAIGNS = 1_000;

/** What whoever claims is granted. */
export interface ClaimTerms {
  readonly unit: string;
  /** In base units. */
  readonly amount: bigint;
  readonly priority: number;
  /** Counted from the grant; null: never. */
  readonly expiresAfterMs: number | null;
  readonly appliesTo: AppliesTo | null;
}

/** As somebody defines it. */
export interface CampaignTerms extends ClaimTerms {
  /** Milliseconds since the epoch, as are the other moments. */
  readonly startsAt: number | null;
  /** From then on it is over. */
  readonly endsAt: number | null;
  /** Null: any number. */
  readonly mostClaims: number | null;
}

export interface Campaign extends CampaignTerms {
  readonly id: string;
  readonly claims: number;
  readonly createdAt: number;
}

/** A claim as it is listed; its key is kept as a hash, which is nobody's business. */
export interface Claim {
  readonly no: number;
  readonly account: string;
  readonly granted: boolean;
  readonly claimedAt: number;
}
