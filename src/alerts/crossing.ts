import type { AlertRule } from './alert-rule.js';
import { spentBy, unspentOf, WINDOW_HOURS, type Level } from './levels.js';

const WINDOW_SECONDS = BigInt(WINDOW_HOURS * 3_600);

/** An entry as a rule sees it: what there was before it and after it, at its own moment. */
export interface Step {
  readonly before: Level;
  readonly after: Level;
  readonly effectiveAt: number;
  /** Digits after the point of the unit. */
  readonly scale: number;
}

/**
 * Whether the entry leads to the threshold or past it, coming from above. Told again only after it was above once more,
 * which is why nothing has to be remembered of what was told: the entries say it.
 */
export function crosses(rule: AlertRule, { before, after, effectiveAt, scale }: Step): boolean {
  return isReached(rule, after, effectiveAt, scale) && !isReached(rule, before, effectiveAt, scale);
}

/** Exactly at the threshold counts. */
function isReached({ kind, value, measure }: AlertRule, level: Level, at: number, scale: number): boolean {
  const left = measure === 'available' ? level.available : unspentOf(level);
  switch (kind) {
    case 'amount':
      return left <= baseUnits(value, scale);
    case 'percent':
      return left * 100n <= level.base * BigInt(value);
    case 'runs_out_within_seconds': {
      const spent = spentBy(level, at);
      return spent > 0n && left * WINDOW_SECONDS <= spent * BigInt(value);
    }
    case 'expires_within_seconds':
      // No entry says that time goes by: a job looks for lots that are about to expire.
      return false;
    default:
      throw new Error(`unknown kind of rule ${String(kind satisfies never)}`);
  }
}

/** Rounded down, which changes nothing: what it is compared with is whole. */
function baseUnits(value: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = value.split('.');
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
}
