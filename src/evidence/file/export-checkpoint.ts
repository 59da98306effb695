import { open, rm } from 'node:fs/promises';
import type { ClientBase } from 'pg';
import { LEAF_BYTES } from '../leaf.js';
import { leafHashes, readTiles, TILE_LEAVES } from '../log/tiles.js';
import { rootOf } from '../merkle.js';
import { headerOf, type Detail } from './checkpoint-file.js';

const TILES_PER_READ = 64;

/**
 * Writes a checkpoint with what the log has for it, a few hundred kilobytes at a time.
 * @param size the note's
 * @throws the system's error where the file cannot be written: nothing is left of it then; what is there already is not overwritten
 */
export async function exportCheckpoint(
  client: ClientBase,
  path: string,
  { note, size, detail }: { note: string; size: number; detail: Detail },
  progress: (entries: number) => void = () => {},
): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.appendFile(headerOf(note, detail));
    const tiles = detail === 'note' ? 0 : Math.ceil(size / TILE_LEAVES);
    for (let first = 0; first < tiles; first += TILES_PER_READ) {
      for (const { tile, leaves } of await readTiles(client, first, Math.min(first + TILES_PER_READ, tiles) - 1)) {
        const signed = leaves.subarray(0, (size - tile * TILE_LEAVES) * LEAF_BYTES);
        await file.appendFile(detail === 'leaves' ? signed : rootOf(leafHashes(signed)));
        progress(signed.length / LEAF_BYTES);
      }
    }
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
