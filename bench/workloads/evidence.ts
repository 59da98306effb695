import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { EvidenceLog } from '../../src/evidence/log/evidence-log.js';
import { signLog } from '../../src/evidence/log/sign-log.js';
import { loadSigningKey } from '../../src/evidence/signing-key.js';
import { createCheckpoint } from '../../src/projections/checkpoints.js';
import { Follower } from '../../src/projections/follower.js';
import type { Arena } from '../arena.js';
import { ContestantHandle } from '../contestant-handle.js';
import { SPREAD_ACCOUNTS, spreadAccount } from '../contestant.js';
import { migrateOurs, seedOurs } from '../ours.js';
import type { Result } from '../result.js';
import { interleave } from '../rounds.js';
import { rateOf, ratioOf, spreadOf, type Measurement } from '../statistics.js';
import { targetOf } from '../targets.js';

const DATABASE = 'bench_evidence';
const CALLERS = 256;
/** A quarter of what the service waits: what is written at the end of a slot shall be hashed in it too. */
const FOLLOW_EVERY_MS = 250;

/** What the log of all entries takes from the engine, when it follows in another process on the same machine. */
export async function evidence(arena: Arena): Promise<Result> {
  const { server, options } = arena;
  const url = await server.createDatabase(DATABASE);
  await migrateOurs(url);
  await seedOurs(
    url,
    Array.from({ length: SPREAD_ACCOUNTS }, (_, index) => spreadAccount(index)),
  );
  const ours = await ContestantHandle.start('ours', url, 1);
  const log = await FollowedLog.open(url);
  const load = { callers: CALLERS, accounts: 'spread', seconds: options.slotSeconds } as const;
  try {
    const rounds = await interleave(
      [
        // What it wrote is hashed before the next slot begins, at nobody's cost.
        { name: 'without the log', run: () => ours.run(load).finally(() => log.catchUp()) },
        { name: 'with the log', run: () => log.while(() => ours.run(load)) },
      ],
      options.rounds,
    );
    const rates = (name: string): number[] => rounds.get(name)!.map(rateOf);
    return {
      title: `evidence: in process, ${CALLERS} callers, 10,000 accounts`,
      figures: [...rounds.keys()].map(setting => ({
        contestant: 'ours',
        setting,
        value: spreadOf(rates(setting)),
        unit: 'commands/s',
        notes:
          setting === 'with the log' ? `${Math.round(log.hashedShare * 100)} % of its entries hashed within it` : '',
      })),
      ratios: [
        {
          label: 'throughput with the log ÷ without',
          value: ratioOf(rates('with the log'), rates('without the log')),
          target: targetOf('evidence', 'itself'),
        },
      ],
    };
  } finally {
    await log.close();
    await ours.stop();
  }
}

/** The jobs of a worker that write and sign the log. */
class FollowedLog {
  private readonly log = new EvidenceLog();
  private readonly follower: Follower;
  private written = 0;
  private hashed = 0;

  private constructor(private readonly pool: Pool) {
    this.follower = new Follower(pool, { error: message => console.error(message) });
  }

  static async open(url: string): Promise<FollowedLog> {
    const followed = new FollowedLog(new Pool({ connectionString: url, max: 2 }));
    await createCheckpoint(followed.pool, followed.log);
    await followed.catchUp();
    return followed;
  }

  /** Of what was written while it followed. */
  get hashedShare(): number {
    return this.hashed / this.written;
  }

  async while(work: () => Promise<Measurement>): Promise<Measurement> {
    const before = await this.positions();
    const done = new AbortController();
    const following = (async () => {
      for (; !done.signal.aborted; await sleep(FOLLOW_EVERY_MS)) await this.catchUp();
    })();
    const measured = await work().finally(() => done.abort());
    const after = await this.positions();
    this.written += after.written - before.written;
    this.hashed += after.hashed - before.hashed;
    await following;
    await this.catchUp();
    return measured;
  }

  async catchUp(): Promise<void> {
    while ((await this.follower.step(this.log)) === 'folded');
    await signLog(this.pool, await loadSigningKey(this.pool, undefined));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async positions(): Promise<{ written: number; hashed: number }> {
    const { rows } = await this.pool.query<{ written: number; hashed: number }>(
      `SELECT (SELECT last_value FROM entry_positions)::float8 AS written,
        (SELECT position FROM projection_checkpoints WHERE projection = 'evidence')::float8 AS hashed`,
    );
    return rows[0]!;
  }
}
