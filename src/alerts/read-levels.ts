import type { ClientBase } from 'pg';
import { hourOf, NO_LEVEL, WINDOW_HOURS, type Level } from './levels.js';

/** The levels of an account, by unit. */
export type Levels = Map<string, Level>;

/** Where an account stands: right before the entry after `seq`, which takes effect at `nextAt`. */
export interface Place {
  readonly accountNo: number;
  readonly seq: number;
  readonly nextAt: number;
}

/** The nearest snapshot, and what moved since. Three sums of each unit, of each place. */
const SUMS_AT = `
SELECT w.place::int AS place, m.unit, sum(m.available) AS available, sum(m.held) AS held, sum(m.debt) AS debt
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS w(account_no, seq, place)
CROSS JOIN LATERAL (
  SELECT coalesce((SELECT max(seq) FROM balance_snapshots s WHERE s.account_no = w.account_no AND s.seq <= w.seq), 0) AS seq
) nearest
CROSS JOIN LATERAL (
  SELECT s.units[i] AS unit, s.balances[i * 7 - 5] AS available, s.balances[i * 7 - 4] AS held, s.balances[i * 7] AS debt
  FROM balance_snapshots s CROSS JOIN LATERAL generate_series(1, cardinality(s.units)) AS i
  WHERE s.account_no = w.account_no AND s.seq = nearest.seq
  UNION ALL
  SELECT e.unit, coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.debt, 0)
  FROM entries e
  WHERE e.account_no = w.account_no AND e.seq > nearest.seq AND e.seq <= w.seq AND e.unit IS NOT NULL
) m
GROUP BY w.place, m.unit`;

const LAST_GRANTS = `
SELECT w.place::int AS place, g.seq::float8 AS seq
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY AS w(account_no, seq, unit, place)
CROSS JOIN LATERAL (
  SELECT e.seq FROM entries e
  WHERE e.account_no = w.account_no AND e.seq <= w.seq AND e.type = 'grant' AND e.unit = w.unit AND e.details ? 'made'
  ORDER BY e.seq DESC LIMIT 1
) g`;

/** effective_at never decreases along seq, so a snapshot before the window bounds what has to be looked at. */
const SPENT_BY_HOUR = `
SELECT w.place::int AS place, e.unit, floor(extract(epoch FROM e.effective_at) / 3600)::float8 AS hour, sum(e.spent) AS spent
FROM unnest($1::bigint[], $2::bigint[], $3::float8[]) WITH ORDINALITY AS w(account_no, seq, since_ms, place)
JOIN LATERAL (
  SELECT e.unit, e.effective_at, e.spent FROM entries e
  WHERE e.account_no = w.account_no AND e.seq <= w.seq AND e.spent > 0
    AND e.effective_at >= to_timestamp(w.since_ms / 1000)
    AND e.seq > coalesce((SELECT max(s.seq) FROM balance_snapshots s
      WHERE s.account_no = w.account_no AND s.effective_at < to_timestamp(w.since_ms / 1000)), 0)
) e ON true
GROUP BY w.place, e.unit, hour`;

interface Sums {
  readonly place: number;
  readonly unit: string;
  readonly available: string;
  readonly held: string;
  readonly debt: string;
}

/** Makes the levels from the entries alone, whatever anybody remembered; in the order of the places. */
export async function deriveLevels(client: ClientBase, places: readonly Place[]): Promise<Levels[]> {
  const derived: Levels[] = places.map(() => new Map());
  if (places.length === 0) return derived;
  const sums = await sumsAt(client, places);
  for (const { place, unit, available, held, debt } of sums) {
    derived[place - 1]!.set(unit, {
      ...NO_LEVEL,
      available: BigInt(available),
      held: BigInt(held),
      debt: BigInt(debt),
    });
  }
  await addBases(client, places, sums, derived);
  await addSpent(client, places, derived);
  return derived;
}

async function sumsAt(client: ClientBase, at: readonly Pick<Place, 'accountNo' | 'seq'>[]): Promise<Sums[]> {
  return (await client.query<Sums>(SUMS_AT, [at.map(({ accountNo }) => accountNo), at.map(({ seq }) => seq)])).rows;
}

async function addBases(
  client: ClientBase,
  places: readonly Place[],
  sums: readonly Sums[],
  derived: readonly Levels[],
): Promise<void> {
  const of = (sum: Sums): Place => places[sum.place - 1]!;
  const { rows: grants } = await client.query<{ place: number; seq: number }>(LAST_GRANTS, [
    sums.map(sum => of(sum).accountNo),
    sums.map(sum => of(sum).seq),
    sums.map(({ unit }) => unit),
  ]);
  const asked = grants.map(({ place, seq }) => {
    const sum = sums[place - 1]!;
    return { accountNo: of(sum).accountNo, seq, unit: sum.unit, levels: derived[sum.place - 1]! };
  });
  if (asked.length === 0) return;
  for (const { place, unit, available, held } of await sumsAt(client, asked)) {
    const { unit: wanted, levels } = asked[place - 1]!;
    if (unit === wanted) levels.set(unit, { ...levels.get(unit)!, base: BigInt(available) + BigInt(held) });
  }
}

async function addSpent(client: ClientBase, places: readonly Place[], derived: readonly Levels[]): Promise<void> {
  const { rows } = await client.query<{ place: number; unit: string; hour: number; spent: string }>(SPENT_BY_HOUR, [
    places.map(({ accountNo }) => accountNo),
    places.map(({ seq }) => seq),
    places.map(({ nextAt }) => (hourOf(nextAt) - WINDOW_HOURS + 1) * 3_600_000),
  ]);
  for (const { place, unit, hour, spent } of rows) {
    const levels = derived[place - 1]!;
    const level = levels.get(unit)!;
    levels.set(unit, { ...level, spent: new Map(level.spent).set(hour, BigInt(spent)) });
  }
}
