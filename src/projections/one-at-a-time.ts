import { Client } from 'pg';

/** Any number that no other lock of the same database uses; "proj" in hexadecimal ASCII. */
const LOCK_CLASS = 0x70726f6a;

/** Somebody else rebuilds or verifies the projection; the message says so. */
export class ProjectionInUse extends Error {
  override readonly name = 'ProjectionInUse';
}

/**
 * Runs `work` on a connection of the login that migrates, which nobody interrupts for being slow, and lets no other
 * rebuild or verification of the projection in meanwhile. Followers go on.
 * @throws ProjectionInUse
 */
export async function oneAtATime<T>(
  ownerUrl: string,
  projection: string,
  work: (owner: Client) => Promise<T>,
): Promise<T> {
  const owner = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger projections' });
  // The query under way fails with it; without a listener it would end the process.
  owner.on('error', () => {});
  await owner.connect();
  try {
    const { rows } = await owner.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken', [
      LOCK_CLASS,
      projection,
    ]);
    if (rows[0]?.taken !== true) {
      throw new ProjectionInUse(`Somebody else is rebuilding or verifying ${projection}: wait for them to end.`);
    }
    return await work(owner);
  } finally {
    await owner.end();
  }
}
