import { formatAmount, type ScaleOf } from '../shared/amount.js';
import type { ErrorDetails } from '../shared/ledger-error.js';
import { formatMoment } from '../shared/moment.js';
import type { Shortfall } from './domain/refusal.js';
import type { LimitWarning } from './domain/warnings.js';

/** What a refused spend lacks, unit by unit; of a limit also how it stands and when it begins anew. */
export function shortfallAnswer(short: Shortfall, scaleOf: ScaleOf): ErrorDetails {
  const { unit, required, available, held, openReservations, nextReleaseAt, limit, member } = short;
  const scale = scaleOf(unit);
  return {
    unit,
    required: formatAmount(required, scale),
    available: formatAmount(available, scale),
    held: formatAmount(held, scale),
    open_reservations: openReservations,
    ...(nextReleaseAt === null ? {} : { next_release_at: formatMoment(nextReleaseAt) }),
    ...(limit === null ? {} : { used: formatAmount(limit.used, scale), cap: formatAmount(limit.cap, scale) }),
    ...(limit === null || limit.resetsAt === null ? {} : { resets_at: formatMoment(limit.resetsAt) }),
    ...(limit === null ? {} : { limit: member === undefined ? 'plan' : 'budget' }),
    ...(member === undefined ? {} : { member }),
  };
}

/** A soft limit or budget that a spend exceeds, or would. */
export function warningAnswer(warning: LimitWarning, scaleOf: ScaleOf): object {
  const { limit, unit, used, cap, resetsAt, member } = warning;
  const scale = scaleOf(unit);
  return {
    limit,
    unit,
    used: formatAmount(used, scale),
    cap: formatAmount(cap, scale),
    ...(resetsAt === null ? {} : { resets_at: formatMoment(resetsAt) }),
    ...(member === null ? {} : { member }),
  };
}
