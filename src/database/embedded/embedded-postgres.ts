import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { clusterDirOf, OWNER_LOGIN, prepareCluster } from './cluster-files.js';
import { DataDirLock } from './data-dir-lock.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { findFreePort } from './free-port.js';
import { stopLeftoverPostmaster, stopPostmaster } from './leftover-postmaster.js';
import { locatePostgresBinaries } from './postgres-binaries.js';
import { choosePostgresUser, type PostgresUser } from './postgres-user.js';
import { PostmasterLog } from './postmaster-log.js';
import { readPostmasterPid } from './postmaster-pid.js';
import { DEFAULT_SETTINGS } from './server-settings.js';

const START_ATTEMPTS = 5;
const START_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 15;
const FIRST_RESTART_DELAY_MS = 100;
const LONGEST_RESTART_DELAY_MS = 5_000;
/** Beyond either of these something is wrong that a restart does not mend, and the service gives up. */
const MOST_FAILED_STARTS_IN_A_ROW = 10;
const MOST_CRASHES_PER_MINUTE = 60;

export interface EmbeddedPostgresOptions {
  /** Made if missing. Holds the cluster, its password, its log and the lock. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** On top of, and instead of, the defaults; for tests and benchmarks. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PostgreSQL crashed too often and stays down. */
  readonly onGivenUp?: (error: EmbeddedPostgresError) => void;
}

/**
 * A real PostgreSQL in a data directory of ours, running as long as this object does: started, waited for, restarted
 * when it dies, stopped. Its process group is its own, so that a Ctrl-C in the terminal reaches the service first.
 */
export class EmbeddedPostgres {
  private child: ChildProcess | undefined;
  private stopping = false;
  /** Unix milliseconds of the crashes of the last minute. */
  private crashes: number[] = [];

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly binary: string,
    private readonly clusterDir: string,
    private readonly user: PostgresUser | undefined,
    private readonly lock: DataDirLock,
    private readonly log: PostmasterLog,
    private readonly password: string,
    private port: number,
  ) {}

  /** @throws EmbeddedPostgresError with the reason and the fix. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { logger } = options;
    await makeDataDir(options.dataDir);
    const dataDir = await realpath(options.dataDir);
    const lock = await DataDirLock.acquire(dataDir);
    let log: PostmasterLog | undefined;
    try {
      const user = await choosePostgresUser(clusterDirOf(dataDir));
      const binaries = await locatePostgresBinaries(user);
      const password = await prepareCluster(dataDir, binaries, user, logger);
      const clusterDir = await realpath(clusterDirOf(dataDir));
      await stopLeftoverPostmaster(clusterDir, logger);
      log = await PostmasterLog.open(dataDir);
      const server = new EmbeddedPostgres(options, binaries.postgres, clusterDir, user, lock, log, password, 0);
      await server.startOnFreePort();
      return server;
    } catch (error) {
      await log?.close();
      await lock.release();
      throw error;
    }
  }

  /** URL of the owner login, for `database` of this cluster. */
  url(database = 'postgres'): string {
    return `postgres://${OWNER_LOGIN}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Of the postmaster; it changes with every restart. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Ends every session, writes a checkpoint, and gives the data directory free. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    if (this.child?.pid !== undefined && isRunning(this.child)) await stopPostmaster(this.child.pid);
    await this.log.close();
    await this.lock.release();
  }

  /** For a person who does not want to wait: PostgreSQL recovers at the next start. Synchronous, does not wait. */
  abandon(): void {
    this.stopping = true;
    if (this.child && isRunning(this.child)) this.child.kill('SIGQUIT');
  }

  private async startOnFreePort(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.port = await findFreePort();
      try {
        return await this.startPostmaster();
      } catch (error) {
        // Somebody may have taken the port since.
        const portTaken = /could not bind|Address already in use/.test(String(error));
        if (!portTaken || attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  private async startPostmaster(): Promise<void> {
    // A stop during a restart has already looked for a child to stop: none may come after it.
    if (this.stopping) throw new EmbeddedPostgresError('PostgreSQL is being stopped.');
    const settings = { ...DEFAULT_SETTINGS, port: String(this.port), ...this.options.settings };
    const child = spawn(
      this.binary,
      ['-D', this.clusterDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        cwd: '/',
        detached: true,
        stdio: ['ignore', this.log.fd, this.log.fd],
        ...(this.user && { uid: this.user.uid, gid: this.user.gid }),
      },
    );
    this.child = child;
    let spawnError: Error | undefined;
    child.once('error', error => (spawnError = error));
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.isReady(child))) {
      if (spawnError || !isRunning(child)) {
        throw new EmbeddedPostgresError(
          `PostgreSQL did not start: ${spawnError?.message ?? `it ended with ${child.exitCode ?? child.signalCode}`}. ` +
            `It said last:\n${await this.log.tail()}`,
        );
      }
      if (Date.now() > deadline) {
        child.kill('SIGQUIT');
        throw new EmbeddedPostgresError(`PostgreSQL was not ready after ${START_TIMEOUT_MS / 1000} s.`);
      }
      await sleep(READY_POLL_MS);
    }
    child.once('exit', (code, signal) => void this.restart(code ?? signal));
    // It may have died between the last look and the handler.
    if (!isRunning(child)) void this.restart(child.exitCode ?? child.signalCode);
  }

  /** An answer on the port could come from anybody's server; our child's own words in our cluster cannot. */
  private async isReady(child: ChildProcess): Promise<boolean> {
    const postmaster = await readPostmasterPid(this.clusterDir);
    return postmaster !== undefined && postmaster.pid === child.pid && postmaster.ready;
  }

  /** Same port, so that pools find it again by themselves; callers see connection errors meanwhile. */
  private async restart(reason: number | string | null): Promise<void> {
    const { logger } = this.options;
    const now = Date.now();
    this.crashes = [...this.crashes.filter(at => at > now - 60_000), now];
    if (this.crashes.length > MOST_CRASHES_PER_MINUTE) return this.giveUp(reason);
    for (let failedStarts = 0; failedStarts < MOST_FAILED_STARTS_IN_A_ROW; failedStarts++) {
      const delayMs = Math.min(FIRST_RESTART_DELAY_MS * 2 ** failedStarts, LONGEST_RESTART_DELAY_MS);
      if (this.stopping) return;
      logger.error({ reason, delayMs }, 'PostgreSQL died; starting it again');
      await sleep(delayMs);
      if (this.stopping) return;
      try {
        await stopLeftoverPostmaster(this.clusterDir, logger);
        await this.startPostmaster();
        logger.info({ pid: this.pid }, 'PostgreSQL is back');
        return;
      } catch (error) {
        logger.error({ error: String(error) }, 'PostgreSQL did not come back');
      }
    }
    this.giveUp(reason);
  }

  private giveUp(reason: number | string | null): void {
    const error = new EmbeddedPostgresError(
      `PostgreSQL keeps dying (last: ${reason}) and is not started again. Its log is postgres.log in ${this.options.dataDir}.`,
    );
    this.options.logger.fatal(error.message);
    this.options.onGivenUp?.(error);
  }
}

async function makeDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o755 }).catch(cause => {
    throw new EmbeddedPostgresError(`DATA_DIR ${dataDir} cannot be made: ${cause.message}`, { cause });
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
