import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { FollowLog } from '../../src/evidence/follow-log.js';
import { signLog } from '../../src/evidence/log/sign-log.js';
import { loadSigningKey } from '../../src/evidence/signing-key.js';
import type { SigningKey } from '../../src/evidence/signed-note.js';
import { SummariseEntries } from '../../src/projections/summarise-entries.js';
import type { RecurringJob } from '../../src/workers/recurring-job.js';
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
/** Before a slot is measured, so that the log finds as much left over from before it as it leaves for after it. */
const LEAD_SECONDS = 1.5;
const NEVER = new AbortController().signal;

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
  const lead = () => ours.run({ ...load, seconds: LEAD_SECONDS });
  try {
    const rounds = await interleave(
      [
        {
          name: 'without the log',
          run: async () => {
            await lead();
            // What it wrote is hashed before the next slot begins, at nobody's cost.
            return ours.run(load).finally(() => log.catchUp());
          },
        },
        { name: 'with the log', run: () => log.beside(lead, () => ours.run(load)) },
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
          setting === 'with the log' ? `${Math.round(log.hashedShare * 100)} % hashed of what was written in it` : '',
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

/** The jobs of a worker that write the log, and keep the index that it reads by, as often as a worker does them. */
class FollowedLog {
  private readonly jobs: readonly RecurringJob[];
  private written = 0;
  private hashed = 0;

  private constructor(
    private readonly pool: Pool,
    private readonly key: SigningKey,
  ) {
    this.jobs = [new SummariseEntries(pool), new FollowLog(pool, { error: message => console.error(message) })];
  }

  static async open(url: string): Promise<FollowedLog> {
    const pool = new Pool({ connectionString: url, max: 3 });
    const followed = new FollowedLog(pool, await loadSigningKey(pool, undefined));
    await followed.catchUp();
    return followed;
  }

  /** Of what was written while it followed. */
  get hashedShare(): number {
    return this.hashed / this.written;
  }

  /** @param work is what is measured; the log is signed once meanwhile */
  async beside(lead: () => Promise<unknown>, work: () => Promise<Measurement>): Promise<Measurement> {
    const done = new AbortController();
    const following = Promise.all(this.jobs.map(job => repeat(job, done.signal)));
    try {
      await lead();
      const before = await this.positions();
      const [measured] = await Promise.all([work(), signLog(this.pool, this.key)]);
      const after = await this.positions();
      this.written += after.written - before.written;
      this.hashed += after.hashed - before.hashed;
      return measured;
    } finally {
      done.abort();
      await following;
      await this.catchUp();
    }
  }

  async catchUp(): Promise<void> {
    for (const job of this.jobs) await job.run({ signal: NEVER, failed: () => {} });
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

/** From one beginning to the next, as a worker does. */
async function repeat(job: RecurringJob, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await Promise.all([job.run({ signal: NEVER, failed: () => {} }), sleep(job.everyMs)]);
  }
}
