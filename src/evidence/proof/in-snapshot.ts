import type { ClientBase, Pool } from 'pg';
import { LogIncomplete } from '../log/log-tree.js';
import { brokenEvidence } from './refusals.js';

const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`;

/** Entries, log and checkpoints as of one moment: between two, somebody may sign, or erase a text. */
export async function inSnapshot<T>(pool: Pool, read: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let lost: Error | undefined;
  try {
    await client.query(BEGIN);
    const result = await read(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // Nobody knows what state the connection is in; after a refusal it is known.
    lost = await client.query('ROLLBACK').then(
      () => undefined,
      () => error as Error,
    );
    throw error instanceof LogIncomplete ? brokenEvidence(error.message) : error;
  } finally {
    client.release(lost);
  }
}
