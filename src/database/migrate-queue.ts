import { runMigrations } from 'bullmq';
import { Client } from 'pg';
import { APP_ROLE } from './connections.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

/** Where BullMQ keeps its tables when it runs on PostgreSQL. */
export const QUEUE_SCHEMA = 'bullmq';

// One transaction, behind a lock: replicas that grant the same thing at once would get in each other's way.
const GRANTS = `
SELECT pg_advisory_xact_lock(hashtext('credits-ledger queue grants'));
GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO ${APP_ROLE}`;

/**
 * Brings BullMQ's own schema up to the version of BullMQ that runs here; behind its own lock, so replicas may call it at
 * once. Also where Redis is used: whoever gives Redis up again needs nothing but to unset REDIS_URL.
 * @throws UnusableDatabaseError where a newer BullMQ has been at work
 */
export async function migrateQueue(ownerUrl: string): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger migrations' });
  await owner.connect();
  try {
    await runMigrations(owner, QUEUE_SCHEMA);
    await owner.query(GRANTS);
  } catch (error) {
    throw new UnusableDatabaseError(`The tables of the job queue cannot be brought up to date: ${String(error)}.`, {
      cause: error,
    });
  } finally {
    await owner.end();
  }
}
