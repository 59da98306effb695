import type { Pool } from 'pg';

const READ_SECRET = `SELECT value FROM secrets WHERE name = 'ids'`;

/** The ledger's own secret for ids, made when its schema was: ids are worth as long as the database is. */
export async function loadIdSecret(pool: Pool): Promise<Buffer> {
  const { rows } = await pool.query<{ value: Buffer }>(READ_SECRET);
  if (rows[0] === undefined)
    throw new Error('the table secrets has no row ids: the schema was not migrated completely');
  return rows[0].value;
}
