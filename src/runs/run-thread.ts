import { workerData } from 'node:worker_threads';
import { claimNext } from './claim.js';
import { openRunConnection, performRun } from './perform-run.js';

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
    for (let run = await claimNext(owner); run !== null; run = await claimNext(owner)) {
      await performRun(owner, ownerUrl, run);
    }
  } finally {
    await owner.end();
  }
}

await work(workerData as RunThreadData);
