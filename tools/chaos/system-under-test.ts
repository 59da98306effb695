import { setTimeout as sleep } from 'node:timers/promises';
import { findLastingPort } from '../lasting-port.js';
import { clusterDirOf } from '../../src/database/embedded/cluster-files.js';
import { processesInside, readPostmasterPid } from '../../src/database/embedded/postmaster-pid.js';
import { createDataDir, embeddedDatabaseUrl } from '../../test/support/data-dir.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { startService, type RunningService } from '../../test/support/service.js';

/** `worker` and `redis`: beside a service that only answers, two workers run. */
export type Victim = 'service' | 'postgres' | 'both' | 'worker' | 'redis';

export function hasWorkers(target: Victim): boolean {
  return target === 'worker' || target === 'redis';
}

const READY_TIMEOUT_MS = 180_000;
const READY_POLL_MS = 25;
const WORKERS = 2;
const LAST_WORDS_CHARACTERS = 1_500;

/**
 * The real service on the PostgreSQL it brings along, in processes of their own that can be killed apart. A killed
 * service is started again here; a killed PostgreSQL is started again by the service, or by the next service that finds
 * its data directory.
 */
export class SystemUnderTest {
  /** Exits nobody asked for: the service must survive the death of its database. */
  readonly unexpectedExits: string[] = [];
  #service: RunningService;
  #killing = false;
  readonly #workers: RunningService[] = [];
  /** Workers that are meant to die just now. */
  readonly #doomed = new Set<RunningService>();

  private constructor(
    service: RunningService,
    private readonly dataDir: { path: string; remove(): Promise<void> },
    private readonly env: Record<string, string>,
    /** Where the workers' jobs are. */
    readonly redis: RedisServer | undefined,
  ) {
    this.#service = service;
    this.#watch(service);
  }

  /** @param unsafe runs PostgreSQL with `synchronous_commit=off`: acknowledged work may be lost, and must be noticed. */
  static async start(target: Victim, unsafe: boolean): Promise<SystemUnderTest> {
    const dataDir = await createDataDir();
    const redis = target === 'redis' ? await RedisServer.start() : undefined;
    // The same address and key for every life of it, so that clients need not be told.
    const env: Record<string, string> = {
      DATA_DIR: dataDir.path,
      LOG_LEVEL: 'warn',
      PORT: String(await findLastingPort()),
      ...(hasWorkers(target) && { ROLE: 'api' }),
      ...(redis !== undefined && { REDIS_URL: redis.url }),
      ...(unsafe && { EMBEDDED_POSTGRES_SETTINGS: 'synchronous_commit=off', ALLOW_UNSAFE_DURABILITY: 'true' }),
    };
    const service = await startService({ env });
    const system = new SystemUnderTest(service, dataDir, { ...env, API_KEY: service.apiKey }, redis);
    if (hasWorkers(target)) await Promise.all(Array.from({ length: WORKERS }, () => system.#startWorker()));
    return system;
  }

  get url(): string {
    return this.#service.url;
  }

  get apiKey(): string {
    return this.#service.apiKey;
  }

  /** The owner's URL; PostgreSQL may come back on another port, so ask again after a kill. */
  databaseUrl(): Promise<string> {
    return embeddedDatabaseUrl(this.dataDir.path);
  }

  /**
   * kill -9, all at once as a power cut would, and back to where requests are answered.
   * @returns milliseconds until they were, as the others below
   */
  async crash(victim: Victim): Promise<number> {
    const startedAt = performance.now();
    const pids = victim === 'service' ? [] : await this.#postgresPids();
    this.#killing = victim !== 'postgres';
    if (this.#killing) pids.push(this.#service.pid);
    for (const pid of pids) kill9(pid);
    if (this.#killing) {
      await this.#service.exited;
      this.#service = await startService({ env: this.env });
      this.#killing = false;
      this.#watch(this.#service);
    }
    await this.#untilAnswering();
    return performance.now() - startedAt;
  }

  /** kill -9 of one of the workers, and another in its place; the rest go on. */
  async crashWorker(which: number): Promise<number> {
    const startedAt = performance.now();
    const [worker] = this.#workers.splice(which % this.#workers.length, 1) as [RunningService];
    this.#doomed.add(worker);
    await worker.kill9();
    await this.#untilAnswering();
    const outageMs = performance.now() - startedAt;
    await this.#startWorker();
    return outageMs;
  }

  /** @param sick what happens to it, for as long as it takes; requests are answered meanwhile */
  async withoutRedis(sick: () => Promise<void>): Promise<number> {
    const startedAt = performance.now();
    const answering = this.#untilAnswering().then(() => performance.now() - startedAt);
    await sick();
    return answering;
  }

  async stopWorkers(): Promise<void> {
    for (const worker of this.#workers) this.#doomed.add(worker);
    await Promise.all(this.#workers.map(worker => worker.stop()));
    this.#workers.length = 0;
  }

  async stop(): Promise<void> {
    this.#killing = true;
    await this.stopWorkers();
    await this.#service.stop();
    await this.redis?.stop();
    await this.dataDir.remove();
  }

  /** The postmaster first, so that it starts no new children, then everybody who works in its cluster. */
  async #postgresPids(): Promise<number[]> {
    const clusterDir = clusterDirOf(this.dataDir.path);
    const postmaster = await readPostmasterPid(clusterDir);
    const inside = await processesInside(clusterDir);
    return [...new Set([...(postmaster === undefined ? [] : [postmaster.pid]), ...inside])];
  }

  async #startWorker(): Promise<void> {
    const { REDIS_URL, LOG_LEVEL = 'warn', API_KEY } = this.env;
    const env = { ROLE: 'worker', LOG_LEVEL, API_KEY: API_KEY!, ...(REDIS_URL !== undefined && { REDIS_URL }) };
    const worker = await startService({ databaseUrl: await this.databaseUrl(), env });
    this.#workers.push(worker);
    void worker.exited.then(code => {
      if (this.#doomed.delete(worker)) return;
      this.unexpectedExits.push(`a worker, exit code ${code}, it said last: ${lastWords(worker)}`);
    });
  }

  #watch(service: RunningService): void {
    void service.exited.then(code => {
      if (!this.#killing) this.unexpectedExits.push(`exit code ${code}, it said last: ${lastWords(service)}`);
    });
  }

  /** An account that nobody has is read from the primary all the same. */
  async #untilAnswering(): Promise<void> {
    for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline; await sleep(READY_POLL_MS)) {
      if (this.unexpectedExits.length > 0) throw new Error(`The service ended: ${this.unexpectedExits.join('; ')}`);
      const answer = await fetch(`${this.url}/v1/accounts/nobody/balance`, {
        headers: { authorization: `Bearer ${this.apiKey}` },
        signal: AbortSignal.timeout(READY_TIMEOUT_MS),
      }).catch(() => null);
      await answer?.arrayBuffer().catch(() => null);
      if (answer?.status === 200) return;
    }
    throw new Error(
      `The service did not answer within ${READY_TIMEOUT_MS / 1000} s after a kill:\n${lastWords(this.#service)}`,
    );
  }
}

function kill9(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself a moment ago.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function lastWords(service: RunningService): string {
  return service.output().slice(-LAST_WORDS_CHARACTERS);
}
