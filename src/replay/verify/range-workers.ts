import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Client } from 'pg';
import type { AccountRange, RangeOptions } from '../fold/fold-range.js';
import type { RangeThreadData, RangeThreadMessage } from './range-thread.js';
import { verifyRange, type RangeResult } from './verify-range.js';

type OnResult = (result: RangeResult) => void;

/** One after the other on the caller's connection. */
export async function verifyHere(
  client: Client,
  ranges: readonly AccountRange[],
  options: RangeOptions,
  onResult: OnResult,
): Promise<void> {
  for (const range of ranges) onResult(await verifyRange(client, range, options));
}

/** In so many threads, each with a connection of its own to the same snapshot; whoever is free takes the next range. */
export async function verifyInThreads(
  threads: number,
  data: RangeThreadData,
  ranges: readonly AccountRange[],
  progress: RangeOptions['progress'],
  onResult: OnResult,
): Promise<void> {
  const left = [...ranges].reverse();
  const workers = Array.from({ length: Math.min(threads, ranges.length) }, () => {
    // As built, whatever this process was started with: a loader that compiles on the way would start in every thread.
    return new Worker(new URL('./range-thread.js', import.meta.url), { workerData: data, execArgv: [] });
  });
  try {
    await Promise.all(workers.map(worker => serveRanges(worker, left, progress, onResult)));
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()));
  }
}

async function serveRanges(
  worker: Worker,
  left: AccountRange[],
  progress: RangeOptions['progress'],
  onResult: OnResult,
): Promise<void> {
  worker.on('message', (message: RangeThreadMessage) => {
    if (message.type === 'progress') return progress(message.entries);
    if (message.type === 'result') onResult(message.result);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(left.pop() ?? null);
  });
  const [code] = (await once(worker, 'exit')) as [number];
  if (code !== 0) throw new Error(`a thread that verified ranges ended with ${code}`);
}
