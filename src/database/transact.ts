import type { Pool, PoolClient } from 'pg';

/** All of the work or none, on a connection of its own; what it throws undoes it. @param begin with how it is to see others */
export async function transact<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin = 'BEGIN'): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // Nobody knows what state the connection is in.
    client.release(true);
    throw error;
  }
}
