import type { Queryable } from '../../ledger/store/queryable.js';
import { readCheckpoint, type Checkpoint } from '../checkpoint.js';

/** A checkpoint as it was signed, and kept beside the log. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
  readonly signedAt: Date;
}

const NEWEST = `SELECT note, signed_at FROM signed_checkpoints ORDER BY size DESC LIMIT 1`;
const OF_SIZE = `SELECT note, signed_at FROM signed_checkpoints WHERE size = $1`;

/** @param size null for the newest. @returns null where none was signed of that size, or none at all */
export async function findCheckpoint(database: Queryable, size: number | null): Promise<SignedCheckpoint | null> {
  const query = size === null ? { text: NEWEST } : { text: OF_SIZE, values: [size] };
  const { rows } = await database.query<{ note: string; signed_at: Date }>(query);
  if (rows[0] === undefined) return null;
  const { note, signed_at: signedAt } = rows[0];
  return { ...readCheckpoint(note), note, signedAt };
}
