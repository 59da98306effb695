import type { Grant } from '../ledger/domain/command.js';
import { LedgerError, type ErrorCode } from '../shared/ledger-error.js';
import type { ClaimTerms } from './campaign.js';

/** After these nobody knows what became of the grant; after any other it was not made. */
const UNKNOWN: ReadonlySet<ErrorCode> = new Set(['busy', 'internal', 'idempotency_key_in_use']);

/** Takes effect once in an account, whoever grants it: the call, or the job that finds it left. */
export function factOf(campaign: string): string {
  return `campaign:${campaign}`;
}

export function grantOf(campaign: string, terms: ClaimTerms): Grant {
  const { unit, amount, priority, expiresAfterMs, appliesTo } = terms;
  return {
    type: 'grant',
    unit,
    amount,
    category: 'promotional',
    priority,
    expiresAt: null,
    ...(expiresAfterMs === null ? {} : { expiresAfterMs }),
    appliesTo,
    cost: null,
    rollover: null,
    reason: `campaign ${campaign}`,
    metadata: null,
  };
}

/** Whether the grant was refused for good: then the claim is nobody's. */
export function isRefused(error: unknown): error is LedgerError {
  return error instanceof LedgerError && !UNKNOWN.has(error.code);
}

/** Whether it had been granted before. */
export function isGranted(error: unknown): error is LedgerError {
  return error instanceof LedgerError && error.code === 'fact_already_recorded';
}
