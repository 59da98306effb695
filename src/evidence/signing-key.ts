import type { Queryable } from '../ledger/store/queryable.js';
import { SigningKey } from './signed-note.js';
import { sha256 } from './sha256.js';

const READ_SEED = `SELECT value FROM secrets WHERE name = 'checkpoints'`;
/** Enough to tell one ledger's own name from another's. */
const NAME_BYTES = 8;

/**
 * The key that signs checkpoints: the operator's own, or the one that was made with the schema.
 * @param configured CHECKPOINT_KEY, checked by the configuration's schema
 */
export async function loadSigningKey(database: Queryable, configured: string | undefined): Promise<SigningKey> {
  if (configured !== undefined) return SigningKey.parse(configured);
  const { rows } = await database.query<{ value: Buffer }>({ text: READ_SEED });
  if (rows[0] === undefined) {
    throw new Error('the table secrets has no row checkpoints: the schema was not migrated completely');
  }
  const seed = rows[0].value;
  // A hash under another name: it tells nothing of the seed, and is the same on every replica.
  const id = sha256(Buffer.concat([Buffer.from('credits-ledger/name\n'), seed])).toString('hex', 0, NAME_BYTES);
  return new SigningKey(`credits-ledger/${id}`, seed);
}
