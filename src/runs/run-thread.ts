import { workerData } from 'node:worker_threads';
import { claimNext } from './claim.js';
import { openRunConnection, performRun } from './perform-run.js';
import { REPLAY_ACTIONS, type Run } from './run.js';

/** What the thread is started with. Holds a password. */
export interface RunThreadData {
  readonly ownerUrl: string;
}

/**
 * Works on runs, one after the other, until there is none that nobody works on. In a thread of its own, because folding
 * would keep a service from answering.
 */
async function work({ ownerUrl }: RunThreadData): Promise<void> {
  const owner = await openRunConnection(ownerUrl);
  try {
    for (;;) {
      const run = (await claimNext(owner, REPLAY_ACTIONS)) as Run | null;
      if (run === null) return;
      await performRun(owner, ownerUrl, run);
    }
  } finally {
    await owner.end();
  }
}

await work(workerData as RunThreadData);
