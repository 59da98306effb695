import { DatabaseError, type Pool } from 'pg';
import { signCheckpoint } from '../checkpoint.js';
import type { SigningKey } from '../signed-note.js';
import { logRoot, logSize } from './log-tree.js';

const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ`;
/** Whoever signed this size first: it is the same tree, whoever looked. */
const KEEP = `INSERT INTO signed_checkpoints (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING`;
/** SQLSTATE serialization_failure: somebody signed the same size since this one began to look. */
const SIGNED_MEANWHILE = '40001';
const SIGNED = `SELECT note FROM signed_checkpoints WHERE size = $1`;

/**
 * Signs the log as it stands, unless that was signed already.
 * @returns the note; null while the log is empty
 */
export async function signLog(pool: Pool, key: SigningKey): Promise<string | null> {
  try {
    return await signOnce(pool, key);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === SIGNED_MEANWHILE) return signLog(pool, key);
    throw error;
  }
}

async function signOnce(pool: Pool, key: SigningKey): Promise<string | null> {
  const client = await pool.connect();
  let lost: Error | undefined;
  try {
    await client.query(BEGIN);
    const size = await logSize(client);
    const { rows } = await client.query<{ note: string }>(SIGNED, [size]);
    let note = rows[0]?.note ?? null;
    if (note === null && size > 0) {
      note = signCheckpoint(key, size, await logRoot(client, size));
      await client.query(KEEP, [size, note]);
    }
    await client.query('COMMIT');
    return note;
  } catch (error) {
    lost = error as Error;
    throw error;
  } finally {
    // After an error nobody knows what state the connection is in.
    client.release(lost);
  }
}
