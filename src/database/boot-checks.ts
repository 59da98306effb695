import type { Client, Pool } from 'pg';
import type { Logger } from 'pino';
import { UnusableDatabaseError } from './unusable-database-error.js';

const OLDEST_POSTGRES = 16;

type Queryable = Pick<Client | Pool, 'query'>;

/** Before anything is written: roles and grants are used that older servers do not have. */
export async function refuseOldPostgres(connection: Queryable): Promise<void> {
  const { rows } = await connection.query<{ number: number; text: string }>(SERVER_VERSION);
  const version = rows[0];
  if (version && version.number >= OLDEST_POSTGRES * 10_000) return;
  throw new UnusableDatabaseError(
    `PostgreSQL ${version?.text ?? 'of unknown version'} is too old: credits-ledger needs ${OLDEST_POSTGRES} or newer. ` +
      'Upgrade the server, or leave DATABASE_URL unset to use the embedded one.',
  );
}

const SERVER_VERSION = `
SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text`;

/**
 * What was acknowledged must survive a crash. Asked on the connection that works, because a setting may differ by
 * login, database and session.
 */
export async function refuseUnsafeDurability(
  app: Queryable,
  allowUnsafeDurability: boolean,
  logger: Logger,
): Promise<void> {
  const { rows } = await app.query<{ setting: string }>(DURABILITY_SETTINGS_THAT_ARE_OFF);
  if (rows.length === 0) return;
  const settings = rows.map(({ setting }) => setting).join(' and ');
  if (allowUnsafeDurability) {
    logger.warn(
      `UNSAFE: PostgreSQL runs with ${settings} off. A crash loses acknowledged credits. ` +
        'ALLOW_UNSAFE_DURABILITY=true is for tests only.',
    );
    return;
  }
  throw new UnusableDatabaseError(
    `PostgreSQL runs with ${settings} off: a crash would lose credits that callers were told they have. ` +
      `Set ${settings} to on (postgresql.conf, ALTER SYSTEM, ALTER ROLE or the URL's options). ` +
      'Only a test may go on without, with ALLOW_UNSAFE_DURABILITY=true.',
  );
}

const DURABILITY_SETTINGS_THAT_ARE_OFF = `
SELECT name AS setting
FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
ORDER BY name`;

/** Entries are only ever inserted: a role that could change one is not a role to serve with. */
export async function refusePowerfulAppRole(app: Queryable): Promise<void> {
  const { rows } = await app.query<AppRole>(WHAT_THE_APP_ROLE_MAY);
  const role = rows[0];
  if (!role) throw new UnusableDatabaseError('PostgreSQL did not say which role the service works as.');
  if (!role.entries_exist) {
    throw new UnusableDatabaseError(
      `Role ${role.name} sees no table entries. Let DATABASE_URL and DATABASE_APP_URL name the same database, ` +
        'and leave search_path at its default.',
    );
  }
  const powers = [
    role.is_superuser && 'is a superuser',
    role.owns && 'owns them (or may become who does)',
    role.updates && 'has UPDATE',
    role.deletes && 'has DELETE',
    role.truncates && 'has TRUNCATE',
  ].filter(power => power !== false);
  if (powers.length > 0) {
    throw new UnusableDatabaseError(
      `Role ${role.name} could change entries, which are only ever inserted: it ${powers.join(', ')}. ` +
        `REVOKE UPDATE, DELETE, TRUNCATE ON entries FROM ${role.name}, or let DATABASE_APP_URL name a login that is ` +
        'only a member of credits_ledger_app.',
    );
  }
  if (!role.inserts) {
    throw new UnusableDatabaseError(
      `Role ${role.name} may not insert entries. GRANT credits_ledger_app TO ${role.name}.`,
    );
  }
}

interface AppRole {
  name: string;
  entries_exist: boolean;
  is_superuser: boolean;
  owns: boolean;
  updates: boolean;
  deletes: boolean;
  truncates: boolean;
  inserts: boolean;
}

// Partitions count: a right on one of them is a right on the entries in it.
const WHAT_THE_APP_ROLE_MAY = `
WITH stored AS (
  SELECT c.oid, c.relowner
  FROM pg_class c
  WHERE c.oid = to_regclass('entries')
     OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass('entries')))
)
SELECT current_user AS name,
       EXISTS (SELECT FROM stored) AS entries_exist,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
       coalesce(bool_or(pg_has_role(relowner, 'MEMBER')), false) AS owns,
       coalesce(bool_or(has_any_column_privilege(oid, 'UPDATE')), false) AS updates,
       coalesce(bool_or(has_table_privilege(oid, 'DELETE')), false) AS deletes,
       coalesce(bool_or(has_table_privilege(oid, 'TRUNCATE')), false) AS truncates,
       coalesce(bool_and(has_any_column_privilege(oid, 'INSERT')) FILTER (WHERE oid = to_regclass('entries')), false)
         AS inserts
FROM stored`;
