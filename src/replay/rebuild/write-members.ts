import type { Client } from 'pg';
import { memberRecord, type MemberRow } from '../../ledger/store/member-row.js';
import { same } from '../compare/same.js';

const DELETE_MEMBERS = `DELETE FROM members WHERE account_no = $1 AND member = ANY ($2)`;
const WRITE_MEMBERS = `
INSERT INTO members (account_no, member, parent, placed_at, budgets, counts)
SELECT $1, member, parent, placed_at, budgets, counts
FROM jsonb_to_recordset($2) AS row (member text, parent text, placed_at bigint, budgets jsonb, counts jsonb)`;

/** Only those that differ: the others may be thousands. */
export async function writeMembers(
  owner: Client,
  no: number,
  found: ReadonlyMap<string, MemberRow>,
  expected: ReadonlyMap<string, MemberRow>,
): Promise<void> {
  const wrong = [...found].filter(([id, row]) => !same(row, expected.get(id)));
  const right = [...expected.values()].filter(row => !same(row, found.get(row.member)));
  if (wrong.length > 0) await owner.query(DELETE_MEMBERS, [no, wrong.map(([id]) => id)]);
  if (right.length > 0) await owner.query(WRITE_MEMBERS, [no, JSON.stringify(right.map(memberRecord))]);
}
