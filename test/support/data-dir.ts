import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { OWNER_LOGIN, clusterDirOf } from '../../src/database/embedded/cluster-files.js';
import { stopLeftoverPostmaster } from '../../src/database/embedded/leftover-postmaster.js';

/** A DATA_DIR of the test's own, for tests that bring their own embedded PostgreSQL. */
export async function createDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  // Not the prefix of a test run's folder: between a kill and the next start nobody holds the lock of this one, and
  // another run would take it for abandoned and remove it.
  const path = await mkdtemp(join(tmpdir(), 'credits-ledger-data-'));
  // PostgreSQL may have to run as another user, who has to get in.
  await chmod(path, 0o755);
  return {
    path,
    remove: async () => {
      await stopLeftoverPostmaster(clusterDirOf(path), pino({ level: 'silent' }));
      await rm(path, { recursive: true, force: true });
    },
  };
}

/**
 * Looks again and again until it is true. How long is against a test that hangs, and says nothing of how fast anything
 * is: it is spent by those that fail.
 */
export async function eventually(condition: () => boolean | Promise<boolean>, timeoutMs = 180_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(25)) {
    if (await condition()) return;
  }
  throw new Error(`it did not come true within ${timeoutMs / 1000} s`);
}

/** The owner's URL of the PostgreSQL that a service runs in this DATA_DIR, read from the files it leaves there. */
export async function embeddedDatabaseUrl(dataDir: string): Promise<string> {
  const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim();
  const port = (await readFile(join(clusterDirOf(dataDir), 'postmaster.pid'), 'utf8')).split('\n')[3];
  return `postgres://${OWNER_LOGIN}:${password}@127.0.0.1:${port}/credits_ledger`;
}
