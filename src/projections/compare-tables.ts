import type { ClientBase } from 'pg';

/** Rows shown of each table and side. */
const MOST_SHOWN = 100;

/** A row that is in one of two tables only, as JSON with its columns' names. */
export interface RowDifference {
  readonly table: string;
  /** `missing`: the entries say it, the table does not have it; `unfounded`: the other way round. */
  readonly is: 'missing' | 'unfounded';
  readonly row: string;
}

export interface TableComparison {
  readonly count: number;
  /** The first of each side, in the order of their text. */
  readonly shown: readonly RowDifference[];
}

/**
 * Compares rows by their text, so that nothing that is written differently counts as equal. A row that differs in one
 * column is there twice: as it should be and as it is.
 */
const DIFFERENCES = (expected: string, found: string): string => `
WITH expected AS (SELECT to_jsonb(t)::text AS line FROM ${expected} t),
     found AS (SELECT to_jsonb(t)::text AS line FROM ${found} t),
     missing AS (SELECT line FROM expected EXCEPT ALL SELECT line FROM found),
     unfounded AS (SELECT line FROM found EXCEPT ALL SELECT line FROM expected)
(SELECT 'missing' AS side, line, (SELECT count(*) FROM missing)::int AS count
 FROM missing ORDER BY line LIMIT ${MOST_SHOWN})
UNION ALL
(SELECT 'unfounded', line, (SELECT count(*) FROM unfounded)::int
 FROM unfounded ORDER BY line LIMIT ${MOST_SHOWN})
ORDER BY line, side`;

/** @param schema where the tables are as the entries say they should be; those in use are in `public` */
export async function compareTables(
  client: ClientBase,
  tables: readonly string[],
  schema: string,
): Promise<TableComparison> {
  const shown: RowDifference[] = [];
  let count = 0;
  for (const table of tables) {
    const query = DIFFERENCES(`${schema}.${table}`, `public.${table}`);
    const { rows } = await client.query<{ side: RowDifference['is']; line: string; count: number }>(query);
    for (const { side, line } of rows) shown.push({ table, is: side, row: line });
    for (const each of new Map(rows.map(row => [row.side, row.count])).values()) count += each;
  }
  return { count, shown };
}
