import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { migrationsInOrder } from '../../migrations/in-order.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const MIGRATIONS_TABLE = 'migrations';
/** Any number that no other application of the same database uses; "credits" in hexadecimal ASCII. */
const MIGRATION_LOCK = '27995126784980083';
/** SQLSTATE insufficient_privilege. */
const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_POLL_MS = 100;
const LONGEST_LOCK_WAIT_MS = 600_000;

/**
 * Brings the schema up to this code, one migration a transaction. Any number of replicas may call it at once: one
 * works, the others wait and find nothing to do.
 * @throws UnusableDatabaseError when the database has seen a migration this code does not know.
 */
export async function migrate(
  ownerUrl: string,
  logger: Logger,
  migrations: readonly (new () => MigrationInterface)[] = migrationsInOrder,
): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    applicationName: 'credits-ledger migrations',
    migrations: [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    logging: false,
  });
  await dataSource.initialize();
  try {
    const lockHolder = dataSource.createQueryRunner();
    await takeMigrationLock(lockHolder, logger);
    try {
      await refuseSchemaFromTheFuture(
        lockHolder,
        migrations.map(({ name }) => name),
      );
      const applied = await dataSource.runMigrations().catch(explainMissingRights);
      for (const { name } of applied) logger.info({ migration: name }, 'migrated the schema');
    } finally {
      await lockHolder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await lockHolder.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

/**
 * Polled instead of waited for: a session that waits inside a statement holds a snapshot, and a migration that builds
 * an index concurrently would wait for that snapshot in turn.
 */
async function takeMigrationLock(queryRunner: QueryRunner, logger: Logger): Promise<void> {
  for (const deadline = Date.now() + LONGEST_LOCK_WAIT_MS; Date.now() < deadline; await sleep(LOCK_POLL_MS)) {
    const [row] = await queryRunner.query('SELECT pg_try_advisory_lock($1) AS taken', [MIGRATION_LOCK]);
    if (row.taken === true) return;
    logger.debug('waiting for another replica to migrate the schema');
  }
  throw new UnusableDatabaseError(
    `Another process has been migrating this database for ${LONGEST_LOCK_WAIT_MS / 60_000} minutes. ` +
      'Find it in pg_locks (locktype advisory), end it if it hangs, then start again.',
  );
}

async function refuseSchemaFromTheFuture(queryRunner: QueryRunner, known: readonly string[]): Promise<void> {
  if (!(await queryRunner.hasTable(MIGRATIONS_TABLE))) return;
  const applied: { name: string }[] = await queryRunner.query(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
  const unknown = applied.map(({ name }) => name).filter(name => !known.includes(name));
  if (unknown.length === 0) return;
  throw new UnusableDatabaseError(
    `The database's schema is newer than this version of credits-ledger: it has ${unknown.join(', ')}. ` +
      'Run the version that made it, or a later one.',
  );
}

function explainMissingRights(error: unknown): never {
  const { code, message } = error as { code?: string; message: string };
  if (code !== INSUFFICIENT_PRIVILEGE) throw error;
  throw new UnusableDatabaseError(
    `The login of DATABASE_URL may not migrate (${message}). It has to own the database and be allowed to create ` +
      'roles: ALTER DATABASE … OWNER TO …, ALTER ROLE … CREATEROLE.',
    { cause: error },
  );
}
