import { createHmac } from 'node:crypto';
import type { Queryable } from '../ledger/store/queryable.js';
import type { EntryFormat } from './entry-hash.js';
import { HASH_BYTES } from './sha256.js';

const READ_SECRET = `SELECT value FROM secrets WHERE name = 'chains'`;
/** What chains of format 1 began with. */
const ZEROS = '00'.repeat(HASH_BYTES);

/**
 * What the first entry of each account follows: a value that cannot be guessed. A proof shows hashes of entries that stand
 * beside the one it is of; if all that enters them could be guessed (whose, how much, when), so could what they are of.
 * Each hash holds the one before, so that a secret at the beginning of a chain is in every hash of it.
 */
export class ChainStarts {
  private constructor(private readonly secret: Buffer) {}

  /** @throws Error where the ledger has no secret */
  static async load(database: Queryable): Promise<ChainStarts> {
    const { rows } = await database.query<{ value: Buffer }>({ text: READ_SECRET });
    if (rows[0] !== undefined) return new ChainStarts(rows[0].value);
    throw new Error('the table secrets has no row chains: the schema was not migrated completely');
  }

  /** For an audit, which tells that a secret is gone and goes on: no first entry will fit. */
  static async loadIfThere(database: Queryable): Promise<ChainStarts> {
    const { rows } = await database.query<{ value: Buffer }>({ text: READ_SECRET });
    return new ChainStarts(rows[0]?.value ?? Buffer.alloc(0));
  }

  /** In hexadecimal, as the hash it stands in the place of. */
  of({ accountNo, format }: { readonly accountNo: number; readonly format: EntryFormat }): string {
    if (format === 1) return ZEROS;
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(accountNo));
    return createHmac('sha256', this.secret).update(number).digest('hex');
  }
}
