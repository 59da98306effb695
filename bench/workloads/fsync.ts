import type { Arena } from '../arena.js';
import type { Result } from '../result.js';
import { throughput } from './in-process.js';

const FSYNC_MICROS = 1000;

/** One hot account on a disk where a durable commit takes a millisecond longer, as network disks do. */
export async function slowFsync(arena: Arena): Promise<Result> {
  await arena.server.emulateFsync(FSYNC_MICROS);
  try {
    return await throughput(arena, 'fsync-hot', 'hot', ', 1 ms fsync emulated');
  } finally {
    await arena.server.emulateFsync(0);
  }
}
