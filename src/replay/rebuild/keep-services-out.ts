import type { Client } from 'pg';
import { MIGRATION_LOCK } from '../../database/migrate.js';

/** Services work on this database, or one is just starting. */
export class ServicesRunning extends Error {
  override readonly name = 'ServicesRunning';
}

/** Every connection of the service says what it is for; this tool's own do too. */
const SESSIONS_OF_SERVICES = `
SELECT application_name AS name, count(*)::int AS sessions FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND application_name LIKE 'credits-ledger%'
  AND application_name NOT IN ('credits-ledger rebuild', 'credits-ledger replay')
GROUP BY application_name ORDER BY application_name`;

/**
 * For as long as the connection lives: a service that starts waits for the migration lock before it serves.
 * @throws ServicesRunning
 */
export async function keepServicesOut(owner: Client): Promise<void> {
  const { rows: locks } = await owner.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
    MIGRATION_LOCK,
  ]);
  if (locks[0]?.taken !== true) {
    throw new ServicesRunning('A service is starting on this database, or another rebuild is under way: wait for it.');
  }
  const { rows } = await owner.query<{ name: string; sessions: number }>(SESSIONS_OF_SERVICES);
  if (rows.length === 0) return;
  const sessions = rows.map(({ name, sessions }) => `${name} (${sessions})`).join(', ');
  throw new ServicesRunning(
    `Stop every service of this ledger first, then rebuild: there are sessions of ${sessions}. ` +
      'A service keeps accounts in memory and would write what it remembers. With --dry-run it may go on.',
  );
}
