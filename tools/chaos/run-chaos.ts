import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { Caller } from '../client/caller.js';
import { Latencies } from '../client/latencies.js';
import { LedgerClient } from '../client/ledger-client.js';
import { MixedLoad } from '../client/mixed-load.js';
import { seededRandom, type SeededRandom } from '../client/seeded-random.js';
import { endHolds, settleUnknown } from '../client/settle.js';
import { ApiLedger } from '../history/api-ledger.js';
import { checkLedger, type LedgerCheck } from '../history/check-ledger.js';
import type { Difference } from '../history/difference.js';
import { History } from '../history/history.js';
import { checkTables } from '../history/check-tables.js';
import { SqlLedger } from '../history/sql-ledger.js';
import { QuietHolds, type Punctuality } from './quiet-holds.js';
import { hasWorkers, SystemUnderTest, type Victim } from './system-under-test.js';

export interface ChaosOptions {
  readonly kills: number;
  readonly target: Victim;
  readonly seed: number;
  readonly clients: number;
  /** `synchronous_commit=off`: the control that must lose something. */
  readonly unsafe: boolean;
  /** No hold may outlive its end by more while workers run. */
  readonly punctualWithinMs: number;
  readonly onKill?: (victim: Victim) => void;
}

export interface ChaosResult {
  readonly kills: Readonly<Record<Victim, number>>;
  /** Kills while no request was under way. */
  readonly quietKills: number;
  readonly longestOutageMs: number;
  readonly operations: number;
  readonly settled: number;
  readonly history: History;
  /** What clients were told, against the answers of the API and against the tables. */
  readonly throughApi: LedgerCheck;
  readonly throughSql: LedgerCheck;
  /** What the tables say against themselves; blind to a write that is gone with all its traces. */
  readonly inTables: readonly Difference[];
  readonly unexpectedExits: readonly string[];
  /** Of holds nobody touched; null where the run had no workers of its own. */
  readonly punctuality: Punctuality | null;
}

const SPREAD_ACCOUNTS = 50;
const HOT_SHARE = 0.3;
const SHORTEST_WINDOW_MS = 150;
const LONGEST_WINDOW_MS = 1_000;
const SHARE_QUIET = 0.2;
const LONGEST_REDIS_OUTAGE_MS = 4_000;
const SHARE_FLUSHED = 0.3;
const SHARE_FROZEN = 0.3;
const ATTEMPT_TIMEOUT_MS = 3_000;
const LONGEST_PATIENCE_MS = 4_000;
const SETTLING_PATIENCE_MS = 180_000;

/** Load, kills at random moments, restarts; then every unknown outcome is settled and everything is compared. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const system = await SystemUnderTest.start(options.target, options.unsafe);
  const client = new LedgerClient(system.url, system.apiKey, options.clients * 2);
  try {
    return await new ChaosRun(options, system, client).run();
  } finally {
    client.close();
    await system.stop();
  }
}

class ChaosRun {
  readonly #history = new History();
  readonly #caller: Caller;
  readonly #load: MixedLoad;
  readonly #random: SeededRandom;
  readonly #kills: Record<Victim, number> = { service: 0, postgres: 0, both: 0, worker: 0, redis: 0 };
  #quietKills = 0;
  #longestOutageMs = 0;

  constructor(
    private readonly options: ChaosOptions,
    private readonly system: SystemUnderTest,
    private readonly client: LedgerClient,
  ) {
    const { clients, seed } = options;
    const patience = { timeoutMs: ATTEMPT_TIMEOUT_MS, patienceMs: SETTLING_PATIENCE_MS };
    this.#caller = new Caller(client, this.#history, new Latencies(), patience);
    this.#random = seededRandom(seed);
    this.#load = new MixedLoad(this.#caller, {
      prefix: `chaos-${seed}`,
      clients,
      spreadAccounts: SPREAD_ACCOUNTS,
      seed,
      hotShare: HOT_SHARE,
      longestPatienceMs: LONGEST_PATIENCE_MS,
    });
  }

  async run(): Promise<ChaosResult> {
    await this.#load.fund();
    this.#load.start();
    const quiet = hasWorkers(this.options.target) ? new QuietHolds(this.#caller, `quiet-${this.options.seed}`) : null;
    quiet?.start();
    try {
      for (let kill = 0; kill < this.options.kills; kill++) await this.#killOnce();
    } finally {
      await this.#load.stop();
      await quiet?.stop();
    }
    const punctuality = quiet === null ? null : await this.#checkPunctuality(quiet);
    const operations = this.#history.size;
    const settled = await settleUnknown(this.#caller, SETTLING_PATIENCE_MS);
    await endHolds(this.#caller, `chaos-${this.options.seed}`, SETTLING_PATIENCE_MS);
    return {
      kills: this.#kills,
      quietKills: this.#quietKills,
      longestOutageMs: this.#longestOutageMs,
      operations,
      settled,
      history: this.#history,
      throughApi: await checkLedger(this.#history, new ApiLedger(this.client), { allHoldsEnded: true }),
      ...(await this.#checkTables()),
      unexpectedExits: this.system.unexpectedExits,
      punctuality,
    };
  }

  async #killOnce(): Promise<void> {
    const random = this.#random;
    await sleep(random.integer(SHORTEST_WINDOW_MS, LONGEST_WINDOW_MS));
    const quiet = random.chance(SHARE_QUIET) && !this.options.unsafe;
    if (quiet) await this.#load.pause();
    const victim = this.#chooseVictim();
    this.#longestOutageMs = Math.max(this.#longestOutageMs, await this.#harm(victim));
    this.#load.resume();
    this.#kills[victim]++;
    if (quiet) this.#quietKills++;
    this.options.onKill?.(victim);
  }

  async #harm(victim: Victim): Promise<number> {
    const { system } = this;
    if (victim === 'worker') return system.crashWorker(this.#random.integer(0, 1));
    if (victim !== 'redis') return system.crash(victim);
    const redis = system.redis!;
    const sickMs = this.#random.integer(0, LONGEST_REDIS_OUTAGE_MS);
    const outageMs = await system.withoutRedis(async () => {
      await redis.kill9();
      await sleep(sickMs);
      await redis.restart();
    });
    // A kill empties it too; these two leave the connections standing.
    if (this.#random.chance(SHARE_FLUSHED)) await redis.flush();
    if (!this.#random.chance(SHARE_FROZEN)) return outageMs;
    const frozenMs = await system.withoutRedis(async () => {
      redis.freeze();
      await sleep(sickMs);
      redis.thaw();
    });
    return Math.max(outageMs, frozenMs);
  }

  /** First what workers made of the holds, then holds that end when none runs. */
  async #checkPunctuality(quiet: QuietHolds): Promise<Punctuality> {
    const pool = await this.#openPool();
    try {
      const punctuality = await quiet.measure(pool, this.options.punctualWithinMs);
      await this.system.stopWorkers();
      return { ...punctuality, wrongWithoutWorkers: await quiet.endUnattended(this.client) };
    } finally {
      await pool.end();
    }
  }

  #chooseVictim(): Victim {
    const { target } = this.options;
    return target === 'both' ? this.#random.pick(['service', 'postgres', 'both'] as const) : target;
  }

  async #openPool(): Promise<Pool> {
    const pool = new Pool({ connectionString: await this.system.databaseUrl(), max: 1 });
    // `end` does not wait until the server has heard of it: one that stops right after it still says so on the connection.
    pool.on('error', () => {});
    return pool;
  }

  async #checkTables(): Promise<Pick<ChaosResult, 'throughSql' | 'inTables'>> {
    const pool = await this.#openPool();
    try {
      const throughSql = await checkLedger(this.#history, new SqlLedger(pool), { allHoldsEnded: true });
      return { throughSql, inTables: await checkTables(pool) };
    } finally {
      await pool.end();
    }
  }
}
