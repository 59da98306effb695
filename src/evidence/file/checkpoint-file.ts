import { open, type FileHandle } from 'node:fs/promises';
import { openCheckpoint, type Checkpoint } from '../checkpoint.js';
import { LEAF_BYTES } from '../leaf.js';
import { TILE_LEAVES } from '../log/tiles.js';
import { BadNote, type PublicKey } from '../signed-note.js';
import { HASH_BYTES } from '../sha256.js';

/**
 * What a file holds beside its note: every leaf (57 bytes an entry), the root of each tile (32 bytes for 256 entries), or
 * nothing. The more, the closer an audit comes to the entry; what is there is checked against the signed root.
 */
export type Detail = 'leaves' | 'tiles' | 'note';

/** After the note an empty line, the detail on a line of its own, then bytes. Read as bytes: here are those of a dash. */
const HEADER = /^((?:[^\n]+\n)+\n(?:\xe2\x80\x94 [^\n]+\n)+)(?:\n(leaves|tiles)\n)?/;
const MOST_HEADER_BYTES = 65_536;

export function headerOf(note: string, detail: Detail): string {
  return detail === 'note' ? note : `${note}\n${detail}\n`;
}

/** A checkpoint as it was exported. Only its signature is checked when it is opened. */
export class CheckpointFile {
  private constructor(
    private readonly file: FileHandle,
    /** As the caller named it. */
    readonly path: string,
    readonly checkpoint: Checkpoint,
    readonly detail: Detail,
    private readonly start: number,
  ) {}

  /** @throws BadNote in words that name the file; the system's error where it cannot be read */
  static async open(path: string, key: PublicKey): Promise<CheckpointFile> {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MOST_HEADER_BYTES), position: 0 });
      const head = HEADER.exec(buffer.toString('latin1', 0, bytesRead));
      if (head === null) throw new BadNote('it is not a checkpoint');
      const [header, note, detail = 'note'] = head;
      const checkpoint = openCheckpoint(Buffer.from(note!, 'latin1').toString('utf8'), key);
      const opened = new CheckpointFile(file, path, checkpoint, detail as Detail, header.length);
      await opened.refuseOtherLength();
      return opened;
    } catch (error) {
      await file.close();
      throw error instanceof BadNote ? new BadNote(`${path}: ${error.message}`) : error;
    }
  }

  get tiles(): number {
    return Math.ceil(this.checkpoint.size / TILE_LEAVES);
  }

  /** So many leaves from one on; a file of leaves only. */
  async leaves(first: number, count: number): Promise<Buffer> {
    return this.read(first * LEAF_BYTES, Math.min(count, this.checkpoint.size - first) * LEAF_BYTES);
  }

  /** So many roots of tiles; a file of tiles only. */
  async tileRoots(first: number, count: number): Promise<Buffer[]> {
    const bytes = await this.read(first * HASH_BYTES, Math.min(count, this.tiles - first) * HASH_BYTES);
    return Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
      bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
    );
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async read(at: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(length, 0));
    const { bytesRead } = await this.file.read(buffer, 0, buffer.length, this.start + at);
    if (bytesRead < buffer.length) throw new BadNote(`${this.path}: it became shorter while it was read`);
    return buffer;
  }

  private async refuseOtherLength(): Promise<void> {
    const { size } = await this.file.stat();
    const bytes = { leaves: this.checkpoint.size * LEAF_BYTES, tiles: this.tiles * HASH_BYTES, note: 0 }[this.detail];
    if (size === this.start + bytes) return;
    throw new BadNote(`it is damaged: ${size} bytes long, where ${this.start + bytes} belong to its note`);
  }
}
