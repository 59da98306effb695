import type { Queryable } from './queryable.js';

/** Longer than any look-up takes on a server that answers. */
const TIMEOUT_MS = 5_000;

/** A name that has no number yet is proposed one; a number never used costs nothing. */
const LOOK_UP_NAMES = `
SELECT coalesce(known.account_no, nextval('account_numbers')) AS account_no, known.account_no IS NULL AS proposed
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(mode, id, place)
LEFT JOIN LATERAL (
  SELECT account_no FROM account_names WHERE mode = asked.mode AND id = asked.id LIMIT 1
) known ON true
ORDER BY place`;

export interface AccountName {
  readonly mode: 'live' | 'test';
  /** The caller's own. */
  readonly id: string;
}

/** The number of a name; `proposed` where nobody has it yet, and nothing is written anywhere. */
export interface Numbering {
  readonly no: number;
  readonly proposed: boolean;
}

/** In the order of the names. */
export async function lookUpNames(database: Queryable, names: readonly AccountName[]): Promise<Numbering[]> {
  const { rows } = await database.query<{ account_no: string; proposed: boolean }>({
    name: 'names',
    text: LOOK_UP_NAMES,
    values: [names.map(({ mode }) => mode), names.map(({ id }) => id)],
    query_timeout: TIMEOUT_MS,
  });
  return rows.map(({ account_no, proposed }) => ({ no: Number(account_no), proposed }));
}
