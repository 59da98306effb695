import type { Client } from 'pg';
import { compareTables, type TableComparison } from './compare-tables.js';
import { foldInto, MOST_POSITIONS } from './follower.js';
import { inTransaction } from './in-transaction.js';
import { oneAtATime } from './one-at-a-time.js';
import type { Projection, ProjectionSettings } from './projection.js';

/** There is nothing to compare with what this version would fold; the message says why. */
export class NotComparable extends Error {
  override readonly name = 'NotComparable';
}

export interface VerifyOptions {
  readonly ownerUrl: string;
  readonly projection: Projection;
  readonly onProgress?: (done: number, all: number) => void;
}

export interface Verified {
  readonly position: number;
  readonly differences: TableComparison;
}

const READ_CHECKPOINT = `
SELECT position::float8 AS position, version, settings FROM projection_checkpoints WHERE projection = $1 AND NOT shadow`;

/**
 * Folds all entries up to the projection's position into temporary tables, in one snapshot and with the settings its
 * tables were folded with, and compares these with what the tables are in the same snapshot. Nothing waits for it.
 * @throws ProjectionInUse, NotComparable, or what the projection throws for an entry it cannot fold
 */
export function verifyProjection({ ownerUrl, projection, onProgress }: VerifyOptions): Promise<Verified> {
  return oneAtATime(ownerUrl, projection.name, owner =>
    inTransaction(owner, () => foldAndCompare(owner, projection, onProgress), 'BEGIN ISOLATION LEVEL REPEATABLE READ'),
  );
}

async function foldAndCompare(
  owner: Client,
  projection: Projection,
  onProgress: VerifyOptions['onProgress'],
): Promise<Verified> {
  const { position, settings } = await readCheckpoint(owner, projection);
  // Found before those in use by statements that name no schema.
  for (const table of projection.tables) {
    await owner.query(`CREATE TEMPORARY TABLE ${table} (LIKE public.${table} INCLUDING ALL) ON COMMIT DROP`);
  }
  for (let after = 0; after < position; after += MOST_POSITIONS) {
    onProgress?.(after, position);
    const upTo = Math.min(position, after + MOST_POSITIONS);
    await foldInto(owner, projection, { after, upTo }, settings, false);
  }
  return { position, differences: await compareTables(owner, projection.tables, 'pg_temp') };
}

async function readCheckpoint(
  owner: Client,
  { name, version }: Projection,
): Promise<{ position: number; settings: ProjectionSettings }> {
  const { rows } = await owner.query(READ_CHECKPOINT, [name]);
  if (rows[0] === undefined) throw new NotComparable(`${name} has not begun: no worker has run on this ledger yet.`);
  if (rows[0].version !== version) {
    throw new NotComparable(
      `${name} was folded by version ${rows[0].version}, this is version ${version}: rebuild it, or use the other tool.`,
    );
  }
  return rows[0];
}
