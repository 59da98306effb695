import type { SubscriptionRow } from '../../ledger/store/subscription-row.js';
import { columnOf, MISSING, momentText, valueText, type Deviation } from './difference.js';
import { same } from './same.js';

const MOMENTS: ReadonlySet<string> = new Set(['anchor', 'periodStart', 'periodEnd', 'closedAt']);

/** Which subscriptions are missing, which are there and should not be, and what of the others differs. */
export function compareSubscriptions(
  expected: ReadonlyMap<string, SubscriptionRow>,
  found: ReadonlyMap<string, SubscriptionRow>,
): Deviation[] {
  const deviations: Deviation[] = [];
  for (const [id, row] of expected) {
    const other = found.get(id);
    if (other === undefined) {
      deviations.push({ place: 'subscriptions', field: id, expected: valueText(row), found: MISSING });
    } else if (!same(row, other)) {
      deviations.push(...compareSubscription(row, other));
    }
  }
  for (const [id, row] of found) {
    if (expected.has(id)) continue;
    deviations.push({ place: 'subscriptions', field: id, expected: MISSING, found: valueText(row) });
  }
  return deviations;
}

function compareSubscription(expected: SubscriptionRow, found: SubscriptionRow): Deviation[] {
  const deviations: Deviation[] = [];
  for (const name of Object.keys(expected) as (keyof SubscriptionRow)[]) {
    if (same(expected[name], found[name])) continue;
    const text = (value: unknown): string => (MOMENTS.has(name) ? momentText(value as number) : valueText(value));
    deviations.push({
      place: 'subscriptions',
      field: `${expected.subscription}.${columnOf(name)}`,
      expected: text(expected[name]),
      found: text(found[name]),
    });
  }
  return deviations;
}
