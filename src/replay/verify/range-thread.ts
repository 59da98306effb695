import { parentPort, workerData } from 'node:worker_threads';
import type { AccountRange, RangeOptions } from '../fold/fold-range.js';
import { LedgerSnapshot } from '../ledger-snapshot.js';
import { verifyRange, type RangeResult } from './verify-range.js';

/** What a thread is started with. */
export interface RangeThreadData extends Pick<RangeOptions, 'mode' | 'until'> {
  readonly ownerUrl: string;
  readonly snapshot: string;
}

export type RangeThreadMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly entries: number }
  | { readonly type: 'result'; readonly result: RangeResult };

/** Runs in a thread of its own: verifies the ranges it is sent, one after the other, until it is told that there are no more. */
async function serve({ ownerUrl, snapshot, mode, until }: RangeThreadData): Promise<void> {
  const port = parentPort!;
  const say = (message: RangeThreadMessage): void => port.postMessage(message);
  const { client } = await LedgerSnapshot.join(ownerUrl, snapshot);
  const options = { mode, until, progress: (entries: number) => say({ type: 'progress', entries }) };
  port.on('message', (range: AccountRange | null) => {
    if (range === null) return void client.end().then(() => port.close());
    // A failure is nobody's to handle here: it ends the thread, and the other side hears of it.
    void verifyRange(client, range, options).then(result => say({ type: 'result', result }));
  });
  say({ type: 'ready' });
}

await serve(workerData as RangeThreadData);
