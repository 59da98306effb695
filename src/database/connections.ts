import { Client, Pool, type ClientConfig, type PoolClient, type PoolConfig } from 'pg';
import type { Logger } from 'pino';

/** What the service works as: may read and insert entries, never change them. */
export const APP_ROLE = 'credits_ledger_app';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** The server's own timeout cannot fire when the network swallowed the connection; then this one does. */
const QUERY_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const IDLE_CONNECTION_MS = 60_000;
const DEFAULT_POOL_SIZE = 10;

/** Whom to connect as. */
export interface AppLogin {
  readonly url: string;
  /** Set: become this role in every session. Undefined: work as the login itself (DATABASE_APP_URL). */
  readonly role: string | undefined;
}

export interface AppConnectionOptions {
  readonly login: AppLogin;
  readonly logger: Logger;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** Defaults of each session, such as `search_path: 'bullmq'`; names and values without spaces. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A pool that can be let go of although the server does not answer. */
export class AppPool extends Pool {
  readonly #connected = new Set<PoolClient>();
  #ending: Promise<void> | undefined;

  constructor(config: PoolConfig) {
    super(config);
    this.on('connect', client => {
      this.#connected.add(client);
      // One that is lost while somebody has it fails the statement under way, or the next; without a listener, whoever
      // has it, BullMQ among them, would bring the process to its end.
      client.on('error', () => {});
    });
    this.on('remove', client => this.#connected.delete(client));
  }

  /** Once everybody who has a connection has given it back. May be called again. */
  close(): Promise<void> {
    return (this.#ending ??= this.end());
  }

  /** Whoever waits for an answer of the server gets an error instead, now; nobody gets a connection any more. */
  hangUp(): void {
    this.close().catch(() => {});
    // `end` of a client would wait for the answer to what is in flight.
    for (const client of this.#connected) {
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    }
  }
}

/** A bounded pool of connections that work as the app role. Its owner ends it. */
export function createAppPool(options: AppConnectionOptions & { readonly maxConnections?: number }): AppPool {
  const pool = new AppPool({
    ...connectionConfig(options),
    max: options.maxConnections ?? DEFAULT_POOL_SIZE,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
  });
  // A connection lost while idle is replaced at the next use; without a listener it would end the process.
  pool.on('error', error => options.logger.warn({ error: error.message }, 'lost an idle database connection'));
  return pool;
}

/**
 * A connection of its own that works as the app role, for those who must not share one (a write lane). Statements are
 * sent at once, also behind one that is not answered. Not yet connected; once it has failed it stays useless, take a new
 * one.
 */
export function createAppClient(options: AppConnectionOptions): Client {
  const client = new Client({ ...connectionConfig(options), pipeline: true });
  client.on('error', error => options.logger.warn({ error: error.message }, 'lost a database connection'));
  return client;
}

function connectionConfig({ login, applicationName, settings: more = {} }: AppConnectionOptions): ClientConfig {
  const settings = ['-c TimeZone=UTC', ...Object.entries(more).map(([name, value]) => `-c ${name}=${value}`)];
  // As a start-up option the role is the session's default: RESET ROLE comes back to it, not to the login.
  if (login.role !== undefined) settings.push(`-c role=${login.role}`);
  return {
    connectionString: withSessionSettings(login.url, settings.join(' ')),
    application_name: applicationName ?? 'credits-ledger',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}

/** The driver lets `options` of the URL win over those beside it, so ours are appended to the operator's. */
function withSessionSettings(url: string, settings: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set('options', [parsed.searchParams.get('options'), settings].filter(Boolean).join(' '));
  return parsed.href;
}
