import type { ClientBase } from 'pg';
import type { Projection } from './projection.js';

/** Where a rebuild keeps the tables it fills. */
export const SHADOW_SCHEMA = 'projection_shadows';

/** What failed may not fail any more. */
const RESUME = `
UPDATE projection_checkpoints SET failure = NULL, failed_at = NULL, failed_position = NULL
WHERE projection = $1 AND shadow AND version = $2 AND settings = $3`;

const BEGIN_SHADOW = `
INSERT INTO projection_checkpoints (projection, shadow, version, settings, position) VALUES ($1, true, $2, $3, 0)
ON CONFLICT (projection, shadow) DO UPDATE SET
  version = excluded.version, settings = excluded.settings, position = 0,
  failure = NULL, failed_at = NULL, failed_position = NULL`;

const GRANTS_OF = `
SELECT format('GRANT %s ON ${SHADOW_SCHEMA}.%I TO %I', string_agg(privilege_type, ', '), table_name, grantee) AS statement
FROM information_schema.role_table_grants
WHERE table_schema = 'public' AND table_name = $1 AND grantee <> current_user
GROUP BY table_name, grantee`;

const END_SHADOW = `
DELETE FROM projection_checkpoints WHERE projection = $1 AND shadow`;

const TAKE_OVER = `
UPDATE projection_checkpoints SET
  version = $2, settings = $3, position = $4, failure = NULL, failed_at = NULL, failed_position = NULL
WHERE projection = $1 AND NOT shadow`;

/**
 * Makes empty tables beside those in use, to be filled from the first entry on; or finds those that an earlier rebuild
 * with the same version and settings has begun to fill. In the caller's transaction.
 * @returns whether there was something to go on with
 */
export async function openShadow(owner: ClientBase, { name, version, settings, tables }: Projection): Promise<boolean> {
  const values = [name, version, JSON.stringify(settings)];
  const { rowCount } = await owner.query(RESUME, values);
  if (rowCount === 1) return true;
  await owner.query(`CREATE SCHEMA IF NOT EXISTS ${SHADOW_SCHEMA}`);
  for (const table of tables) {
    await owner.query(`DROP TABLE IF EXISTS ${SHADOW_SCHEMA}.${table}`);
    await owner.query(`CREATE TABLE ${SHADOW_SCHEMA}.${table} (LIKE public.${table} INCLUDING ALL)`);
    const grants = await owner.query<{ statement: string }>(GRANTS_OF, [table]);
    for (const { statement } of grants.rows) await owner.query(statement);
  }
  await owner.query(BEGIN_SHADOW, values);
  return false;
}

/**
 * Puts the filled tables in the place of those in use, which are dropped. In the caller's transaction, which holds both
 * checkpoints: whoever reads sees the old rows before it commits and the new ones after.
 */
export async function swapShadow(owner: ClientBase, projection: Projection, position: number): Promise<void> {
  const { name, version, settings, tables } = projection;
  for (const table of tables) {
    await owner.query(`DROP TABLE public.${table}`);
    await owner.query(`ALTER TABLE ${SHADOW_SCHEMA}.${table} SET SCHEMA public`);
  }
  await owner.query(END_SHADOW, [name]);
  await owner.query(TAKE_OVER, [name, version, JSON.stringify(settings), position]);
}
