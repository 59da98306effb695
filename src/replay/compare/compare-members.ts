import type { MemberRow } from '../../ledger/store/member-row.js';
import { columnOf, MISSING, valueText, type Deviation } from './difference.js';
import { same } from './same.js';

/** Which members are missing, which are there and should not be, and what of the others differs. */
export function compareMembers(
  expected: ReadonlyMap<string, MemberRow>,
  found: ReadonlyMap<string, MemberRow>,
): Deviation[] {
  const deviations: Deviation[] = [];
  const deviation = (field: string, said: unknown, is: unknown): void => {
    const text = (value: unknown): string => (value === undefined ? MISSING : valueText(value));
    deviations.push({ place: 'members', field, expected: text(said), found: text(is) });
  };
  for (const [id, row] of expected) {
    const other = found.get(id);
    if (other === undefined) deviation(id, row, undefined);
    else {
      for (const name of Object.keys(row) as (keyof MemberRow)[]) {
        if (!same(row[name], other[name])) deviation(`${id}.${columnOf(name)}`, row[name], other[name]);
      }
    }
  }
  for (const [id, row] of found) if (!expected.has(id)) deviation(id, undefined, row);
  return deviations;
}
