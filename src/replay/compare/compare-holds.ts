import type { HoldRow } from '../../ledger/store/hold-row.js';
import { columnOf, MISSING, momentText, valueText, type Deviation } from './difference.js';
import { same } from './same.js';

/** Which holds are missing, which are there and should not be, and what of the others differs. */
export function compareHolds(expected: ReadonlyMap<number, HoldRow>, found: ReadonlyMap<number, HoldRow>): Deviation[] {
  const deviations: Deviation[] = [];
  for (const [no, row] of expected) {
    const other = found.get(no);
    if (other === undefined) {
      deviations.push({ place: 'holds', field: `reservation ${no}`, expected: valueText(row), found: MISSING });
    } else if (!same(row, other)) {
      deviations.push(...compareHold(row, other));
    }
  }
  for (const [no, row] of found) {
    if (expected.has(no)) continue;
    deviations.push({ place: 'holds', field: `reservation ${no}`, expected: MISSING, found: valueText(row) });
  }
  return deviations;
}

function compareHold(expected: HoldRow, found: HoldRow): Deviation[] {
  const deviations: Deviation[] = [];
  for (const name of Object.keys(expected) as (keyof HoldRow)[]) {
    if (same(expected[name], found[name])) continue;
    const isMoment = name === 'createdAt' || name === 'expiresAt';
    const text = (value: unknown): string => (isMoment ? momentText(value as number) : valueText(value));
    deviations.push({
      place: 'holds',
      field: `reservation ${expected.reservation}.${columnOf(name)}`,
      expected: text(expected[name]),
      found: text(found[name]),
    });
  }
  return deviations;
}
