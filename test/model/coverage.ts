import { ENTRY_TYPES } from '../../src/ledger/domain/entry.js';
import type { ErrorCode } from '../../src/shared/ledger-error.js';
import { MEMBER_SITUATIONS, SITUATIONS } from './situations.js';

/** Every refusal random commands can meet. Limits of thousands (lots, reservations) have tests of their own. */
const REFUSALS: readonly ErrorCode[] = [
  'invalid_request',
  'amount_too_large',
  'insufficient_credits',
  'account_frozen',
  'reservation_not_found',
  'reservation_closed',
  'reservation_expired',
  'commit_exceeds_reservation',
  'refund_exceeds_commit',
  'revoke_exceeds_grant',
  'reinstate_exceeds_revoke',
  'lot_not_found',
  'entry_not_found',
];

const CREDITS_SITUATIONS: readonly string[] = [
  ...ENTRY_TYPES.filter(type => type !== 'subscribe'),
  ...REFUSALS,
  ...SITUATIONS,
];

/** What accounts with plans must have met beside. */
export const PLAN_SITUATIONS: readonly string[] = [
  ...ENTRY_TYPES,
  ...REFUSALS.filter(code => code !== 'reinstate_exceeds_revoke'),
  ...(['period_overlap', 'plan_archived', 'trial_used', 'limit_reached', 'subscription_not_found'] as const),
  ...(['member_not_found', 'member_in_use'] as const),
  ...MEMBER_SITUATIONS,
];

/** Counts what a run of random commands met, so that a generator that rots fails the test it feeds. */
export class Coverage {
  commands = 0;
  private readonly counts = new Map<string, number>();

  readonly meet = (what: string): void => {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  };

  /** What should have happened and did not, not once. */
  neverMet(wanted: readonly string[] = CREDITS_SITUATIONS): string[] {
    return wanted.filter(what => !this.counts.has(what));
  }

  /** Everything met, rarest first. */
  table(): string {
    return [...this.counts]
      .toSorted(([, a], [, b]) => a - b)
      .map(([what, count]) => `${String(count).padStart(9)}  ${what}`)
      .join('\n');
  }
}
