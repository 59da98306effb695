import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecurringJob } from '../../src/workers/recurring-job.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { expectInTime } from '../support/in-time.js';
import { onBothQueues } from '../support/both-queues.js';
import { RedisServer } from '../support/redis-server.js';
import { startWorker, type WorkerReplica } from '../support/worker-replica.js';

/** What the queue may cost a run of being on time. */
const PUNCTUAL_MS = 5_000;

describe('recurring jobs', () => {
  onBothQueues(store => {
    let database: TestDatabase;
    let redis: RedisServer | undefined;
    let replicas: WorkerReplica[];

    beforeEach(async () => {
      database = await createTestDatabase();
      redis = store === 'redis' ? await RedisServer.start() : undefined;
      replicas = [];
    });

    afterEach(async () => {
      await Promise.all(replicas.map(replica => replica.stop()));
      await redis?.stop();
      await database.close();
    });

    test('run again and again, one run at a time over all replicas', async () => {
      let [underWay, most, runs] = [0, 0, 0];
      const job = jobOf('slow', 200, async () => {
        most = Math.max(most, ++underWay);
        await sleep(300);
        underWay--;
        runs++;
      });
      for (let i = 0; i < 3; i++) start([job]);
      await eventually(() => runs >= 6);
      expect(most).toBe(1);
    });

    test('are not run more often for more replicas', async () => {
      const everyMs = 1_000;
      const ranAt: number[] = [];
      const job = jobOf('often', everyMs, async () => void ranAt.push(performance.now()));
      for (let i = 0; i < 3; i++) start([job]);
      await eventually(() => ranAt.length > 8);
      // Half the time is the least there is between two, where a tick came late; each replica by itself takes a third.
      expect(ranAt[8]! - ranAt[0]!).toBeGreaterThan(3.5 * everyMs);
    });

    test('that fail are tried again, noted, and said once; the next run that works forgets it', async () => {
      let broken = true;
      const { runs, said } = start([
        jobOf('shaky', 200, async () => {
          if (broken) throw new Error('not today');
        }),
      ]);
      const failures = async () => (await runs.last())[0]?.failures ?? 0;
      await eventually(async () => (await failures()) >= 3);
      // Ticks meanwhile find that somebody else makes the run, which is not to say that it works.
      const byAnother = async () => {
        await sleep(1_000);
        throw new Error('not today');
      };
      await eventually(async () => (await runs.once('shaky', 0, byAnother).catch(() => 'made')) === 'made');
      const before = await failures();
      await eventually(async () => (await failures()) >= before + 2);
      expect(await runs.last()).toMatchObject([{ name: 'shaky', lastError: 'Error: not today' }]);
      expect(said.filter(line => line.includes('not today'))).toHaveLength(1);
      broken = false;
      await eventually(async () => (await runs.last())[0]?.failures === 0);
      expect((await runs.last())[0]).toMatchObject({ lastError: null, succeededAt: expect.any(Date) });
    });

    test('leave one dead letter for what fails for good; it is kept, listed, and done when it is retried', async () => {
      let mended = false;
      let runs = 0;
      const done: string[] = [];
      const job: RecurringJob = {
        ...jobOf('poison', 200, async () => {}),
        run: async ({ failed }) => {
          runs++;
          if (!mended) failed('live-7', new Error('poison'));
        },
        retry: async item => {
          if (!mended) throw new Error(`${item} is poison`);
          done.push(item);
        },
      };
      const { letters } = start([job]);
      await eventually(async () => (await letters.list(0, 10)).length > 0);
      await sleep(1_000);
      expect(await letters.list(0, 10)).toMatchObject([
        { id: 'poison-live-7', name: 'poison', item: 'live-7', attempts: 3, error: 'live-7 is poison' },
      ]);
      await letters.retry('poison-live-7');
      await eventually(async () => (await letters.list(0, 10)).length > 0);
      mended = true;
      // What a run began to leave to another try before is left by the time the one after it begins.
      const before = runs;
      await eventually(() => runs >= before + 2);
      await letters.retry('poison-live-7');
      await eventually(() => done.length > 0);
      await eventually(async () => (await letters.list(0, 10)).length === 0);
      expect(done).toEqual(['live-7']);
      await expect(letters.retry('poison-live-7')).rejects.toMatchObject({ code: 'job_not_found' });
    });

    test('go on in time when the queue was emptied, and are scheduled there again', async () => {
      let lastRunAt = Date.now();
      const gaps: number[] = [];
      const { queue } = start([
        jobOf('steady', 500, async () => {
          gaps.push(Date.now() - lastRunAt);
          lastRunAt = Date.now();
        }),
      ]);
      await expectInTime(PUNCTUAL_MS, async () => {
        const before = gaps.length;
        await eventually(() => gaps.length >= before + 3);
        const emptied = gaps.length;
        if (redis !== undefined) await redis.flush();
        else await database.ownerPool.query('TRUNCATE bullmq.job, bullmq.scheduler, bullmq.meta CASCADE');
        await eventually(() => gaps.length >= emptied + 8);
        return Math.max(...gaps.slice(emptied));
      });
      await eventually(async () => (await queue.queue.getJobSchedulersCount()) === 1);
    });

    test('of another version of the service are left to it', async () => {
      start([jobOf('mine', 500, async () => {})]);
      const { queue, letters } = replicas[0]!;
      await queue.tryAgain('theirs');
      await eventually(async () => (await queue.queue.getJob('theirs')) === undefined);
      expect(await letters.list(0, 10)).toEqual([]);
    });

    test('of two versions are scheduled side by side, and none removes what the other has', async () => {
      let [mine, theirs] = [0, 0];
      start([jobOf('mine', 500, async () => void mine++)]);
      start([jobOf('theirs', 500, async () => void theirs++)]);
      const { queue } = replicas[0]!;
      const scheduled = async () => (await queue.queue.getJobSchedulers()).map(({ key }) => key).sort();
      // For as long as either looks twice.
      let steadySince = Infinity;
      await eventually(async () => {
        if ((await scheduled()).join() !== 'mine,theirs') steadySince = Infinity;
        else steadySince = Math.min(steadySince, Date.now());
        return Date.now() - steadySince > 5_000;
      });
      // Whoever of the two takes a tick may be the one that cannot use it; then the job is run once it is late.
      [mine, theirs] = [0, 0];
      await eventually(() => mine > 2 && theirs > 2);
    });

    test('that nobody has any more are scheduled no longer', async () => {
      const old = start([jobOf('old', 500, async () => {})]);
      await eventually(async () => (await old.queue.queue.getJobSchedulersCount()) === 1);
      await old.stop();
      const { queue } = start([jobOf('new', 500, async () => {})]);
      const keys = async () => (await queue.queue.getJobSchedulers()).map(({ key }) => key);
      await eventually(async () => (await keys()).join() === 'new');
    });

    test('are told to end when the process stops, and the next run is not held up by it', async () => {
      let [begun, ended] = [0, 0];
      const job = jobOf('endless', 200, async signal => {
        begun++;
        while (!signal.aborted) await sleep(10);
        ended++;
      });
      const first = start([job]);
      await eventually(() => begun === 1);
      await first.stop();
      expect(ended).toBe(1);
      const second = start([job]);
      await eventually(() => begun === 2);
      await second.stop();
      expect(ended).toBe(2);
    });

    function start(jobs: RecurringJob[]): WorkerReplica {
      const replica = startWorker(database, redis?.url, jobs);
      replicas.push(replica);
      return replica;
    }
  });
});

function jobOf(name: string, everyMs: number, work: (signal: AbortSignal) => Promise<void>): RecurringJob {
  return { name, everyMs, run: ({ signal }) => work(signal) };
}
