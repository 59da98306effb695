import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { migrationsInOrder } from '../../migrations/in-order.js';
import type { Config } from '../config.js';
import { clusterDirOf, OWNER_LOGIN } from './embedded/cluster-files.js';
import { DataDirInUseError } from './embedded/embedded-postgres-error.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { readPostmasterPid } from './embedded/postmaster-pid.js';
import { EMBEDDED_DATABASE } from './open-database.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

const LONGEST_WAIT_FOR_SERVER_MS = 30_000;
const POLL_MS = 100;

/** SQLSTATE undefined_table. */
const UNDEFINED_TABLE = '42P01';
const MIGRATIONS_APPLIED = `SELECT name FROM migrations ORDER BY id`;

/** A ledger that exists already, for a tool that works on it beside a service, or without one. */
export interface AttachedDatabase {
  /** Of the login that migrates. Holds a password: do not print it. */
  readonly ownerUrl: string;
  /** Stops the server where it was started for this. */
  close(): Promise<void>;
}

/**
 * Finds the server of the configuration: DATABASE_URL, else the embedded one of DATA_DIR, through the service that runs
 * it, or started for as long as the tool needs it. Makes nothing and migrates nothing.
 * @throws UnusableDatabaseError, EmbeddedPostgresError
 */
export async function attachDatabase(config: Config, logger: Logger): Promise<AttachedDatabase> {
  const attached = await findServer(config, logger);
  try {
    await refuseOtherSchema(attached.ownerUrl);
    return attached;
  } catch (error) {
    await attached.close();
    throw error;
  }
}

async function findServer(config: Config, logger: Logger): Promise<AttachedDatabase> {
  const { databaseUrl, dataDir, embeddedPostgresSettings } = config;
  if (databaseUrl !== undefined) return { ownerUrl: databaseUrl, close: async () => {} };
  if (!(await stat(clusterDirOf(dataDir)).catch(() => undefined))) {
    throw new UnusableDatabaseError(
      `There is no ledger in ${dataDir}. Set DATA_DIR to where the service keeps its data, or DATABASE_URL.`,
    );
  }
  try {
    const server = await EmbeddedPostgres.start({ dataDir, settings: embeddedPostgresSettings, logger });
    return { ownerUrl: server.url(EMBEDDED_DATABASE), close: () => server.stop() };
  } catch (error) {
    if (!(error instanceof DataDirInUseError)) throw error;
    return { ownerUrl: await urlOfRunningServer(dataDir), close: async () => {} };
  }
}

/** What the service left in its data directory for those who may read it. */
async function urlOfRunningServer(dataDir: string): Promise<string> {
  for (const deadline = Date.now() + LONGEST_WAIT_FOR_SERVER_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const postmaster = await readPostmasterPid(clusterDirOf(dataDir));
    if (!postmaster?.ready) continue;
    const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim();
    return `postgres://${OWNER_LOGIN}:${password}@127.0.0.1:${postmaster.port}/${EMBEDDED_DATABASE}`;
  }
  throw new UnusableDatabaseError(
    `A service owns ${dataDir}, but its PostgreSQL is not ready after ${LONGEST_WAIT_FOR_SERVER_MS / 1000} s. ` +
      'See postgres.log there.',
  );
}

/** Folding with rules of another version would call differences damage. */
async function refuseOtherSchema(ownerUrl: string): Promise<void> {
  const applied = await migrationsApplied(ownerUrl);
  const known = migrationsInOrder.map(({ name }) => name);
  const missing = known.filter(name => !applied.includes(name));
  if (missing.length > 0) {
    throw new UnusableDatabaseError(
      `The database lacks ${missing.join(', ')}: it is not a ledger, or one of an older version. ` +
        'Start this version of the service on it once; that migrates it.',
    );
  }
  const unknown = applied.filter(name => !known.includes(name));
  if (unknown.length === 0) return;
  throw new UnusableDatabaseError(
    `The database's schema is newer than this version of credits-ledger: it has ${unknown.join(', ')}. ` +
      'Use the tool of the version that made it, or of a later one.',
  );
}

async function migrationsApplied(ownerUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: ownerUrl, connectionTimeoutMillis: LONGEST_WAIT_FOR_SERVER_MS });
  try {
    await client.connect();
    return (await client.query<{ name: string }>(MIGRATIONS_APPLIED)).rows.map(({ name }) => name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === UNDEFINED_TABLE) return [];
    throw new UnusableDatabaseError(`The database cannot be opened: ${message || code}.`, { cause: error });
  } finally {
    await client.end();
  }
}
