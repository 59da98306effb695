import type { Client } from 'pg';
import { LEAN_ON_PLANS_SCHEMA, LEAN_ON_PLANS_SEED } from './competitors/lean-on-plans-schema.js';
import { LEAN_SCHEMA, LEAN_SEED } from './competitors/lean-schema.js';
import { SAME_STATE_SCHEMA } from './competitors/same-state-schema.js';
import { seedSameState } from './competitors/same-state-seed.js';
import {
  GRANTED,
  GRANTS,
  GRANTS_ON_PLANS,
  HOT_ACCOUNT,
  SPREAD_ACCOUNTS,
  spreadAccount,
  type CompetitorName,
  type ContestantName,
  type OursName,
} from './contestant.js';
import { ContestantHandle } from './contestant-handle.js';
import type { Load } from './callers.js';
import type { Options } from './options.js';
import { migrateOurs, seedOurs } from './ours.js';
import { OursOnPlans } from './ours-on-plans.js';
import type { BenchServer } from './server.js';
import { rateOf, spreadOf, type Measurement } from './statistics.js';

export interface PoolTrial {
  readonly connections: number;
  readonly perSecond: number;
  readonly p99Ms: number;
}

const SWEEP_CALLERS = 64;
const SWEEP_PASSES = 2;
const SWEEP_WARM_UP_SECONDS = 0.3;

/** The contestants, each in its own process on its own seeded database of the one server. */
export class Arena {
  private readonly handles = new Map<ContestantName, ContestantHandle>();
  private readonly trials = new Map<string, readonly PoolTrial[]>();

  constructor(
    readonly server: BenchServer,
    readonly options: Options,
    readonly say: (line: string) => void,
  ) {}

  /** Started and seeded when first asked for. */
  async contestant(name: ContestantName): Promise<ContestantHandle> {
    const known = this.handles.get(name);
    if (known !== undefined) return known;
    const database = `bench_${name.replaceAll('-', '_')}`;
    const url = await this.server.createDatabase(database);
    this.say(`seeding ${name}`);
    if (name === 'ours' || name === 'ours-on-plans') {
      await migrateOurs(url);
      await (name === 'ours' ? seedOurs : OursOnPlans.seed)(url, accountIds());
    } else {
      await this.server.withClient(database, client => seedCompetitor(name, client));
    }
    const handle = await ContestantHandle.start(name, url, this.options.poolSizes[0]!);
    this.handles.set(name, handle);
    return handle;
  }

  /** A competitor with the pool that serves this kind of load best: by throughput, or by p99. */
  async atItsBest(
    name: CompetitorName,
    accounts: Load['accounts'],
    by: 'perSecond' | 'p99Ms',
    circumstances = '',
  ): Promise<{ handle: ContestantHandle; connections: number }> {
    const handle = await this.contestant(name);
    const trials = await this.sweep(handle, accounts, circumstances);
    const ranked = [...trials].sort((a, b) => (by === 'perSecond' ? b.perSecond - a.perSecond : a.p99Ms - b.p99Ms));
    const { connections } = ranked[0]!;
    await handle.open(connections);
    return { handle, connections };
  }

  /** Ours, after as much of this load as a competitor's pools are tried with: nobody starts cold where others do not. */
  async warm(name: OursName, accounts: Load['accounts']): Promise<ContestantHandle> {
    const handle = await this.contestant(name);
    const { poolSizes, sweepSeconds } = this.options;
    const seconds = SWEEP_PASSES * poolSizes.length * (SWEEP_WARM_UP_SECONDS + sweepSeconds);
    await handle.run({ callers: SWEEP_CALLERS, accounts, seconds });
    return handle;
  }

  /** Every pool size that was tried, by competitor and load, for the report. */
  get sweeps(): ReadonlyMap<string, readonly PoolTrial[]> {
    return this.trials;
  }

  async close(): Promise<void> {
    for (const handle of this.handles.values()) await handle.stop();
  }

  private async sweep(
    handle: ContestantHandle,
    accounts: Load['accounts'],
    circumstances: string,
  ): Promise<readonly PoolTrial[]> {
    const title = `${handle.name}, ${accounts}${circumstances}`;
    const known = this.trials.get(title);
    if (known !== undefined) return known;
    const measured = new Map<number, Measurement[]>(this.options.poolSizes.map(size => [size, []]));
    for (let pass = 0; pass < SWEEP_PASSES; pass++) {
      for (const connections of this.options.poolSizes) {
        await handle.open(connections);
        await handle.run({ callers: SWEEP_CALLERS, accounts, seconds: SWEEP_WARM_UP_SECONDS });
        const load = { callers: SWEEP_CALLERS, accounts, seconds: this.options.sweepSeconds };
        measured.get(connections)!.push(await handle.run(load));
      }
    }
    const trials = [...measured].map(([connections, runs]) => ({
      connections,
      perSecond: spreadOf(runs.map(rateOf)).median,
      p99Ms: spreadOf(runs.map(({ p99Ms }) => p99Ms)).median,
    }));
    this.trials.set(title, trials);
    const tried = trials.map(({ connections, perSecond, p99Ms }) => {
      return `${connections}: ${Math.round(perSecond)}/s p99 ${p99Ms.toFixed(0)} ms`;
    });
    this.say(`pools of ${title}: ${tried.join(' · ')}`);
    return trials;
  }
}

export function accountIds(): string[] {
  return [HOT_ACCOUNT, ...Array.from({ length: SPREAD_ACCOUNTS }, (_, index) => spreadAccount(index))];
}

async function seedCompetitor(name: CompetitorName, client: Client): Promise<void> {
  if (name === 'lean') {
    await client.query(LEAN_SCHEMA);
    await client.query(LEAN_SEED, [accountIds(), GRANTED]);
  } else if (name === 'lean-on-plans') {
    await client.query(LEAN_ON_PLANS_SCHEMA);
    await client.query(LEAN_ON_PLANS_SEED, [accountIds(), [GRANTED, GRANTED, GRANTED]]);
  } else {
    await client.query(SAME_STATE_SCHEMA);
    await seedSameState(client, accountIds(), name === 'same-state' ? GRANTS : GRANTS_ON_PLANS);
  }
  await client.query('VACUUM ANALYZE');
}
