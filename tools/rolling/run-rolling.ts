import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { Caller, type Patience } from '../client/caller.js';
import { Latencies, type LatencySummary } from '../client/latencies.js';
import { MixedLoad } from '../client/mixed-load.js';
import { endHolds, settleUnknown } from '../client/settle.js';
import { ApiLedger } from '../history/api-ledger.js';
import { checkLedger, type LedgerCheck } from '../history/check-ledger.js';
import { checkTables } from '../history/check-tables.js';
import type { Difference } from '../history/difference.js';
import { History, type Outcome } from '../history/history.js';
import type { Operation } from '../history/operation.js';
import { SqlLedger } from '../history/sql-ledger.js';
import { NextReplica } from './next-replica.js';
import { Replicas } from './replicas.js';

export interface RollingOptions {
  /** Of the owner; a database of its own, empty or migrated. */
  readonly databaseUrl: string;
  readonly replicas: number;
  /** How often each replica is restarted, one after another. */
  readonly rounds: number;
  readonly clients: number;
  readonly seed: number;
  readonly onRestart?: () => void;
}

export interface RollingResult {
  readonly restarts: number;
  readonly longestStopMs: number;
  readonly badExits: readonly string[];
  readonly seconds: number;
  readonly operations: number;
  /** Connections that a replica refused because it was down. */
  readonly refusedConnections: number;
  readonly history: History;
  /** From the first attempt to the known outcome, retries and other replicas included. */
  readonly wholeCalls: LatencySummary;
  readonly throughApi: LedgerCheck;
  readonly throughSql: LedgerCheck;
  readonly inTables: readonly Difference[];
}

const SPREAD_ACCOUNTS = 50;
const HOT_SHARE = 0.3;
const ATTEMPT_TIMEOUT_MS = 10_000;
const PATIENCE_MS = 30_000;
const SETTLING_PATIENCE_MS = 120_000;
/** All are up for so long between two restarts. */
const BETWEEN_RESTARTS_MS = 500;

/** Load through whichever replica is there, restarts one after another; then everything that was told is compared. */
export async function runRolling(options: RollingOptions): Promise<RollingResult> {
  const replicas = await Replicas.start(options.databaseUrl, options.replicas);
  const pool = new Pool({ connectionString: options.databaseUrl, max: 1 });
  // Without a listener a connection that is lost while nobody uses it ends the process.
  pool.on('error', () => {});
  try {
    return await new RollingRun(options, replicas, pool).run();
  } finally {
    await pool.end();
    await replicas.stop();
  }
}

class RollingRun {
  readonly #history = new History();
  readonly #latencies = new Latencies();
  readonly #sender: NextReplica;
  readonly #caller: Caller;

  constructor(
    private readonly options: RollingOptions,
    private readonly replicas: Replicas,
    private readonly pool: Pool,
  ) {
    this.#sender = new NextReplica(replicas.clients);
    const patience = { timeoutMs: ATTEMPT_TIMEOUT_MS, patienceMs: PATIENCE_MS };
    this.#caller = new TimedCaller(this.#sender, this.#history, this.#latencies, patience);
  }

  async run(): Promise<RollingResult> {
    const { clients, seed } = this.options;
    const prefix = `rolling-${seed}`;
    const load = new MixedLoad(this.#caller, {
      prefix,
      clients,
      seed,
      spreadAccounts: SPREAD_ACCOUNTS,
      hotShare: HOT_SHARE,
      longestPatienceMs: PATIENCE_MS,
    });
    await load.fund();
    const startedAt = performance.now();
    load.start();
    try {
      await this.#restartAll();
    } finally {
      await load.stop();
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const operations = this.#history.size;
    const wholeCalls = this.#latencies.summary().find(({ operation }) => operation === WHOLE_CALL)!;
    await settleUnknown(this.#caller, SETTLING_PATIENCE_MS);
    await endHolds(this.#caller, prefix, SETTLING_PATIENCE_MS);
    const compared = { allHoldsEnded: true };
    return {
      restarts: this.options.rounds * this.options.replicas,
      longestStopMs: this.replicas.longestStopMs,
      badExits: this.replicas.badExits,
      seconds,
      operations,
      refusedConnections: this.#sender.refused,
      history: this.#history,
      wholeCalls,
      throughApi: await checkLedger(this.#history, new ApiLedger(this.#sender), compared),
      throughSql: await checkLedger(this.#history, new SqlLedger(this.pool), compared),
      inTables: await checkTables(this.pool),
    };
  }

  async #restartAll(): Promise<void> {
    const { rounds, replicas, onRestart } = this.options;
    for (let restart = 0; restart < rounds * replicas; restart++) {
      await sleep(BETWEEN_RESTARTS_MS);
      await this.replicas.restart(restart % replicas);
      onRestart?.();
    }
  }
}

const WHOLE_CALL = 'whole call';

/** Times what somebody waits for who only wants to know: retries included. */
class TimedCaller extends Caller {
  readonly #latencies: Latencies;

  constructor(...parts: ConstructorParameters<typeof Caller>) {
    super(...parts);
    this.#latencies = parts[2];
  }

  override async call(operation: Operation, more?: Partial<Patience>): Promise<Outcome> {
    const startedAt = performance.now();
    const outcome = await super.call(operation, more);
    this.#latencies.record(WHOLE_CALL, performance.now() - startedAt);
    return outcome;
  }
}
