import { randomFillSync } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { PositionRange, Projection } from '../../projections/projection.js';
import { ChainStarts } from '../chain-starts.js';
import { ENTRY_FORMAT, PRINT_EXACTLY, textsHash } from '../entry-hash.js';
import { Heads } from './heads.js';
import { hasTextsIn, LineHasher } from './line-hasher.js';
import { entryKey, entryOf, EntryReader, PAGE_POSITIONS, readErased } from './read-entries.js';
import { TileWriter } from './tile-writer.js';
import { readLastTile } from './tiles.js';

/** Far more than can come by in one range. */
const REMEMBERED_ACCOUNTS = 100_000;

/**
 * The log: the hash of every entry, in the order of positions. It follows the entries like a projection, in the same
 * transaction as its checkpoint, but is none: it can not be made anew, because what it says of an entry was said when
 * the entry was new, and because of the salts.
 */
export class EvidenceLog implements Projection {
  readonly name = 'evidence';
  readonly version = 1;
  readonly settings = {};
  readonly tables = ['log_tiles', 'log_nodes'];
  private readonly heads = new Heads(REMEMBERED_ACCOUNTS);
  private readonly reader = new EntryReader();
  private readonly hasher = new LineHasher();
  private starts: ChainStarts | undefined;
  /** Who wrote the end of the log that `heads` go with: what was rolled back, or written elsewhere since, is forgotten. */
  private writtenBy: string | undefined;

  async fold(client: ClientBase, { after, upTo }: PositionRange): Promise<void> {
    await client.query(PRINT_EXACTLY);
    this.starts ??= await ChainStarts.load(client);
    const last = await readLastTile(client);
    if (last === null || last.writtenBy !== this.writtenBy) this.heads.forget();
    const end = new TileWriter(client, last?.tile ?? null);
    for (let from = after; from < upTo; from += PAGE_POSITIONS) {
      await this.appendPage(client, end, this.starts, from, Math.min(from + PAGE_POSITIONS, upTo));
    }
    this.writtenBy = (await end.finish()) ?? last?.writtenBy;
  }

  private async appendPage(
    client: ClientBase,
    end: TileWriter,
    starts: ChainStarts,
    after: number,
    upTo: number,
  ): Promise<void> {
    const lines = await this.reader.read(client, after, upTo);
    const erased = await readErased(client, after, upTo);
    await this.heads.foresee(client, lines);
    for (const line of lines) {
      const { accountNo, seq, position, bytes } = line;
      const previous = seq === 1 ? starts.of({ accountNo, format: ENTRY_FORMAT }) : this.heads.before(line);
      if (previous === undefined) {
        throw new Error(`the log lacks the entry before seq ${seq} of account number ${accountNo}`);
      }
      const gone = erased.size === 0 ? undefined : erased.get(entryKey({ account_no: accountNo, seq }));
      const texts = gone ?? (hasTextsIn(bytes) ? textsHash(entryOf(line), randomFillSync(end.salt())) : null);
      const hash = this.hasher.hash(bytes, line.name, previous, texts);
      this.heads.set(line, hash);
      end.add({ format: ENTRY_FORMAT, accountNo, seq, position, hash });
      // Only then: waiting for nothing takes longer than hashing an entry.
      if (end.isFull) await end.nextTile();
    }
  }
}
