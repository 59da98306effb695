/**
 * `stuck-worker.js DATABASE_URL [REDIS_URL]`: a worker process that says `begun` when it is in the middle of a job, and
 * stays there, for a test that kills it.
 */
import { APP_ROLE } from '../../src/database/connections.js';
import { startWorker } from './worker-replica.js';

const [url, redisUrl] = process.argv.slice(2) as [string, string?];

const job = {
  name: 'poison',
  everyMs: 200,
  run: async ({ failed }: { failed: (item: string, error: unknown) => void }) => failed('live-7', new Error('poison')),
  retry: (item: string): Promise<void> => {
    console.log(`begun ${item}`);
    return new Promise(() => {});
  },
};
startWorker({ appLogin: { url, role: APP_ROLE } }, redisUrl, [job]);
