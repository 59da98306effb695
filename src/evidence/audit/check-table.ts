import type { Client } from 'pg';
import type { Finding } from './finding.js';

/**
 * What lets entries be read as they are, and keeps them so. Rules, row security or a view under the table's name could
 * show one reader other rows than the next; without the key there could be two entries of one number.
 */
const CHECKS = `
SELECT (SELECT relkind FROM pg_class WHERE oid = 'entries'::regclass) IN ('r', 'p') AS is_table,
  NOT (SELECT relrowsecurity OR relhasrules FROM pg_class WHERE oid = 'entries'::regclass) AS shows_all,
  EXISTS (SELECT FROM pg_constraint c JOIN pg_index i ON i.indexrelid = c.conindid
          WHERE c.conrelid = 'entries'::regclass AND c.contype = 'p' AND i.indisvalid
            AND (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k(attnum, place)
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum) = '{account_no,seq}') AS has_key,
  (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'entries'::regclass AND tgenabled = 'A'
     AND tgname IN ('entries_only_inserted', 'entries_only_erased')) = 2 AS refuses_changes`;

const WORDS = {
  is_table: 'entries is not a table: what is read of it need not be what is stored',
  shows_all: 'entries has row security or rules: another reader may see other entries',
  has_key: 'entries has no primary key of account number and seq: a number may be there twice',
  refuses_changes: 'the triggers that refuse changes of entries are missing or off',
} as const;

export async function checkTable(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<Record<keyof typeof WORDS, boolean | null>>(CHECKS);
  const wrong = (Object.keys(WORDS) as (keyof typeof WORDS)[]).filter(name => rows[0]?.[name] !== true);
  return wrong.map(name => ({ kind: 'table', entry: null, account: null, words: WORDS[name], unsigned: false }));
}
