import type { ClientBase } from 'pg';
import type { Level } from './levels.js';
import { deriveLevels, type Levels, type Place } from './read-levels.js';

const READ = `SELECT account_no, seq::float8 AS seq, levels FROM account_levels WHERE account_no = ANY ($1)`;
const WRITE = `
INSERT INTO account_levels (account_no, seq, levels)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::jsonb[])
ON CONFLICT (account_no) DO UPDATE SET seq = excluded.seq, levels = excluded.levels`;

type LevelJson = readonly [available: string, held: string, debt: string, base: string, spent: Record<string, string>];

/**
 * The levels at each place, in the order of the places: as they were remembered where that is of the very entry, else made
 * anew from the entries.
 */
export async function readLevels(client: ClientBase, places: readonly Place[]): Promise<Levels[]> {
  const { rows } = await client.query<{ account_no: string; seq: number; levels: Record<string, LevelJson> }>(READ, [
    places.map(({ accountNo }) => accountNo),
  ]);
  const remembered = new Map(rows.map(row => [Number(row.account_no), row]));
  const found = places.map(({ accountNo, seq }): Levels | null => {
    const row = remembered.get(accountNo);
    return row?.seq === seq ? new Map(Object.entries(row.levels).map(([unit, json]) => [unit, fromJson(json)])) : null;
  });
  const derived = await deriveLevels(
    client,
    places.filter((_, index) => found[index] === null),
  );
  return found.map(levels => levels ?? derived.shift()!);
}

/** @param accounts each with the `seq` of the entry that the levels are after */
export async function rememberLevels(
  client: ClientBase,
  accounts: readonly { readonly accountNo: number; readonly seq: number; readonly levels: Levels }[],
): Promise<void> {
  await client.query(WRITE, [
    accounts.map(({ accountNo }) => accountNo),
    accounts.map(({ seq }) => seq),
    accounts.map(({ levels }) =>
      JSON.stringify(Object.fromEntries([...levels].map(([unit, level]) => [unit, toJson(level)]))),
    ),
  ]);
}

function toJson({ available, held, debt, base, spent }: Level): LevelJson {
  const byHour = Object.fromEntries([...spent].map(([hour, amount]) => [hour, amount.toString()]));
  return [available.toString(), held.toString(), debt.toString(), base.toString(), byHour];
}

function fromJson([available, held, debt, base, spent]: LevelJson): Level {
  return {
    available: BigInt(available),
    held: BigInt(held),
    debt: BigInt(debt),
    base: BigInt(base),
    spent: new Map(Object.entries(spent).map(([hour, amount]) => [Number(hour), BigInt(amount)])),
  };
}
