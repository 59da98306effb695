import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { refuseOldPostgres, refusePowerfulAppRole, refuseUnsafeDurability } from './boot-checks.js';
import { APP_ROLE, createAppClient, createAppPool, type AppLogin, type AppPool } from './connections.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { migrate } from './migrate.js';
import { migrateQueue } from './migrate-queue.js';
import { UnusableDatabaseError } from './unusable-database-error.js';

/** In the embedded cluster. */
export const EMBEDDED_DATABASE = 'credits_ledger';
const CONNECT_TIMEOUT_MS = 10_000;
const LONGEST_WAIT_FOR_SERVER_MS = 30_000;
const CONNECT_RETRY_MS = 500;
/** Not there yet, or starting up or shutting down: worth another try. A wrong password is not. */
const PASSING_ERRORS = ['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', '57P03'];

/** A database that is migrated, checked and ready to work with. */
export interface Database {
  /** Shared connections as the app role. */
  readonly appPool: AppPool;
  /** For connections of one's own. */
  readonly appLogin: AppLogin;
  /** Of the login that migrates; for the tools that rebuild. Holds a password: do not print it. */
  readonly ownerUrl: string;
  /** Ends the pool and stops the embedded server. */
  close(): Promise<void>;
  /** Lets go of everything at once, without waiting; the embedded server recovers at its next start. */
  abandon(): void;
}

/**
 * Opens the server of DATABASE_URL or starts the embedded one, migrates, and refuses what is unsafe.
 * @param onLost called when the embedded server has died too often to be started again
 * @throws UnusableDatabaseError, EmbeddedPostgresError, or the driver's error where no connection comes about
 */
export async function openDatabase(
  config: Config,
  logger: Logger,
  onLost: (error: Error) => void = () => {},
): Promise<Database> {
  if (config.databaseUrl !== undefined) {
    const { databaseUrl, databaseAppUrl } = config;
    const login = databaseAppUrl ? { url: databaseAppUrl, role: undefined } : { url: databaseUrl, role: APP_ROLE };
    const appPool = await prepare(databaseUrl, login, config, logger);
    return { appPool, appLogin: login, ownerUrl: databaseUrl, close: () => appPool.close(), abandon: () => {} };
  }
  const server = await EmbeddedPostgres.start({
    dataDir: config.dataDir,
    settings: config.embeddedPostgresSettings,
    logger,
    onGivenUp: onLost,
  });
  try {
    await createDatabaseIfMissing(server.url());
    const ownerUrl = server.url(EMBEDDED_DATABASE);
    const login = { url: ownerUrl, role: APP_ROLE };
    const appPool = await prepare(ownerUrl, login, config, logger);
    const close = async () => {
      await appPool.close();
      await server.stop();
    };
    return { appPool, appLogin: login, ownerUrl, close, abandon: () => server.abandon() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function prepare(ownerUrl: string, login: AppLogin, config: Config, logger: Logger): Promise<AppPool> {
  const owner = await connectPatiently(ownerUrl, logger);
  try {
    await refuseOldPostgres(owner);
  } finally {
    await owner.end();
  }
  await migrate(ownerUrl, logger);
  await migrateQueue(ownerUrl);
  const app = createAppClient({ login, logger, applicationName: 'credits-ledger boot checks' });
  await app.connect();
  try {
    await refuseUnsafeDurability(app, config.allowUnsafeDurability, logger);
    await refusePowerfulAppRole(app);
  } finally {
    await app.end();
  }
  return createAppPool({ login, logger });
}

/** A database that starts together with the service may need a moment longer. */
async function connectPatiently(url: string, logger: Logger): Promise<Client> {
  for (const deadline = Date.now() + LONGEST_WAIT_FOR_SERVER_MS; ; await sleep(CONNECT_RETRY_MS)) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    try {
      await client.connect();
      return client;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (!PASSING_ERRORS.includes(code ?? '') || Date.now() > deadline) {
        throw new UnusableDatabaseError(`The database of DATABASE_URL cannot be opened: ${message || code}.`, {
          cause: error,
        });
      }
      logger.info({ code }, 'waiting for the database');
    }
  }
}

async function createDatabaseIfMissing(adminUrl: string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [EMBEDDED_DATABASE]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${EMBEDDED_DATABASE}`);
  } finally {
    await admin.end();
  }
}
