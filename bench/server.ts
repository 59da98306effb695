import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { EmbeddedPostgres } from '../src/database/embedded/embedded-postgres.js';
import { DEFAULT_SETTINGS } from '../src/database/embedded/server-settings.js';

/** Both competitors' pools, in process and behind HTTP, and room for ours. */
const MAX_CONNECTIONS = '400';

/** What docs/operations.md tells everybody: a quarter of the machine's memory. */
const SHARED_BUFFERS = `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`;

/** Of 16 MB each: as many as `max_wal_size` keeps. */
const LOG_FILES = 128;

/**
 * As on a server that has run for a while: its log is written into files it had before. A new server makes each file
 * anew, which stops everybody for a hundredth of a second, and whoever writes more, more often.
 */
async function ageLog(client: pg.Client): Promise<void> {
  for (let file = 0; file < LOG_FILES; file++) {
    await client.query(`SELECT pg_logical_emit_message(false, 'bench', 'x'), pg_switch_wal()`);
  }
  await client.query('CHECKPOINT');
}

/** One PostgreSQL for all contestants, in a data directory that goes when the benchmark ends. */
export class BenchServer {
  private constructor(
    private readonly dataDir: string,
    private readonly postgres: EmbeddedPostgres,
  ) {}

  static async start(): Promise<BenchServer> {
    // Not the system's folder for temporary files: that is often memory, where an fsync costs nothing.
    const home = resolve('.data');
    await mkdir(home, { recursive: true });
    const dataDir = await mkdtemp(join(home, 'bench-'));
    // As root, PostgreSQL runs as another user, who has to get in.
    await chmod(dataDir, 0o755);
    const postgres = await EmbeddedPostgres.start({
      dataDir,
      logger: pino({ level: 'error' }),
      settings: {
        max_connections: MAX_CONNECTIONS,
        shared_buffers: SHARED_BUFFERS,
        min_wal_size: DEFAULT_SETTINGS['max_wal_size']!,
      },
    });
    const server = new BenchServer(dataDir, postgres);
    await server.withClient('postgres', ageLog);
    return server;
  }

  url(database: string): string {
    return this.postgres.url(database);
  }

  async createDatabase(database: string): Promise<string> {
    await this.withClient('postgres', client => client.query(`CREATE DATABASE ${database}`));
    return this.url(database);
  }

  async withClient<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Every commit waits this long before its fsync, as on a disk that takes that long; 0 for the machine's own. */
  async emulateFsync(micros: number): Promise<void> {
    await this.withClient('postgres', async client => {
      await client.query(`ALTER SYSTEM SET commit_delay = ${micros}`);
      await client.query(`ALTER SYSTEM SET commit_siblings = ${micros === 0 ? 5 : 0}`);
      await client.query('SELECT pg_reload_conf()');
    });
  }

  async stop(): Promise<void> {
    await this.postgres.stop();
    // Where PostgreSQL's user may not enter the project's folder, the cluster lies elsewhere and a link points to it.
    const cluster = await realpath(join(this.dataDir, 'postgres')).catch(() => this.dataDir);
    await rm(cluster, { recursive: true, force: true });
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
