import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { clusterDirOf } from '../../src/database/embedded/cluster-files.js';
import { DataDirLock } from '../../src/database/embedded/data-dir-lock.js';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { stopLeftoverPostmaster } from '../../src/database/embedded/leftover-postmaster.js';
import { migrate } from '../../src/database/migrate.js';
import { migrateQueue } from '../../src/database/migrate-queue.js';
import { killLeftOverServices } from './left-over-services.js';

export const TEMPLATE_DATABASE = 'template_ledger';

const FOLDER_PREFIX = 'credits-ledger-test-';
/** Until it has its lock, a run that has just begun looks like one that was killed. */
const YOUNGEST_ABANDONED_MS = 60_000;
const logger = pino({ level: 'warn' });

/** What one call of Jest shares: a PostgreSQL with a migrated template database, and the compiled service. */
export async function startTestRun(compiledService: string): Promise<{ stop(): Promise<void> }> {
  await removeAbandonedRuns();
  const dataDir = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  // PostgreSQL may have to run as another user, who has to get in.
  await chmod(dataDir, 0o755);
  const server = await EmbeddedPostgres.start({
    dataDir,
    logger,
    settings: { max_connections: '300', max_prepared_transactions: '10' },
  });

  let stopped: Promise<void> | undefined;
  const stopOnce = async () => {
    await killLeftOverServices(compiledService);
    await server.stop();
    await Promise.all([dataDir, compiledService].map(folder => rm(folder, { recursive: true, force: true })));
  };
  const stop = () => (stopped ??= stopOnce());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.kill(process.pid, signal)));
  }

  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await admin.end();
  await migrate(server.url(TEMPLATE_DATABASE), logger);
  await migrateQueue(server.url(TEMPLATE_DATABASE));

  // How the workers, which are started later, find it.
  process.env['TEST_DATABASE_URL'] = server.url();
  process.env['TEST_COMPILED_SERVICE'] = compiledService;
  return { stop };
}

/** A run that was killed could not clean up; the next one does. Runs that are alive hold the lock of their folder. */
async function removeAbandonedRuns(): Promise<void> {
  const folders = (await readdir(tmpdir())).filter(name => name.startsWith(FOLDER_PREFIX));
  for (const folder of folders.map(name => join(tmpdir(), name))) {
    try {
      if (Date.now() - (await stat(folder)).ctimeMs < YOUNGEST_ABANDONED_MS) continue;
      const lock = await DataDirLock.acquire(folder);
      await stopLeftoverPostmaster(clusterDirOf(folder), logger);
      await lock.release();
      await rm(folder, { recursive: true, force: true });
    } catch {
      // Alive, or somebody else's: leave it.
    }
  }
}
