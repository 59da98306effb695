import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';

/** Whether this machine has a `redis-server` to test with. */
export const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0;

/** The same tests on both stores of jobs; where there is no `redis-server`, Jest lists those on Redis as skipped. */
export function onBothQueues(tests: (store: 'postgres' | 'redis') => void): void {
  describe('on PostgreSQL', () => tests('postgres'));
  const onRedis = HAS_REDIS ? describe : describe.skip;
  onRedis(HAS_REDIS ? 'on Redis' : 'on Redis, which is skipped: there is no redis-server on the PATH', () =>
    tests('redis'),
  );
}
