import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, Pool, type Client } from 'pg';
import { createCheckpoint } from './checkpoints.js';
import { compareTables, type TableComparison } from './compare-tables.js';
import { Follower, foldInto, MOST_POSITIONS } from './follower.js';
import { inTransaction } from './in-transaction.js';
import { oneAtATime } from './one-at-a-time.js';
import type { Projection } from './projection.js';
import { openShadow, SHADOW_SCHEMA, swapShadow } from './shadow.js';

/** Readers of the tables wait for the swap while it waits for other readers: no longer than this, then it tries again. */
const SWAP_LOCK_TIMEOUT = '200ms';
const LOCK_NOT_AVAILABLE = '55P03';
const MOST_SWAP_ATTEMPTS = 300;
const SWAP_AGAIN_MS = 1_000;

export interface RebuildOptions {
  readonly ownerUrl: string;
  readonly projection: Projection;
  /** Called before anything is folded, and after each range: positions folded so far, and about how many there will be. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface Rebuilt extends Swapped {
  /** It went on where an earlier rebuild had been stopped. */
  readonly resumed: boolean;
}

interface Swapped {
  readonly position: number;
  /** What was wrong with the old tables; null where they were folded otherwise, or had failed, and cannot be compared. */
  readonly differences: TableComparison | null;
}

/** An entry cannot be folded; the shadow stands before it. */
export class RebuildFailed extends Error {
  override readonly name = 'RebuildFailed';
}

/** Both checkpoints of a projection under rebuild. */
interface Progress {
  /** Of the shadow. */
  readonly position: number;
  readonly live: number;
  /** The tables in use were folded in the same way: at the same position they must be the same. */
  readonly comparable: boolean;
  readonly failure: string | null;
}

const READ_PROGRESS = `
SELECT s.position::float8 AS position, l.position::float8 AS live, s.failure,
       l.version = s.version AND l.settings = s.settings AND l.failure IS NULL AND s.position <= l.position AS comparable
FROM projection_checkpoints s JOIN projection_checkpoints l ON l.projection = s.projection AND NOT l.shadow
WHERE s.projection = $1 AND s.shadow`;

/** The one in use first: that is the one followers hold. */
const LOCK_CHECKPOINTS = `
SELECT FROM projection_checkpoints WHERE projection = $1 ORDER BY shadow FOR UPDATE`;

/**
 * Folds all entries into tables of their own beside those in use, while followers and readers of these go on, compares
 * both at one position, and puts the new ones in the place of the old ones in one transaction. Killed at any moment, it
 * has changed nothing that anybody reads; the next call goes on where it stopped.
 * @throws ProjectionInUse, RebuildFailed
 */
export async function rebuildProjection(options: RebuildOptions): Promise<Rebuilt> {
  const { ownerUrl, projection } = options;
  return oneAtATime(ownerUrl, projection.name, async owner => {
    await createCheckpoint(owner, projection);
    const resumed = await inTransaction(owner, () => openShadow(owner, projection));
    const pool = new Pool({ connectionString: ownerUrl, max: 2, application_name: 'credits-ledger projections' });
    pool.on('error', () => {});
    try {
      const follower = new Follower(pool, { error: () => {} });
      for (let attempt = 1; ; attempt++) {
        await fill(owner, follower, options);
        const swapped = await trySwap(owner, projection, attempt === MOST_SWAP_ATTEMPTS);
        if (swapped !== null) return { ...swapped, resumed };
        await sleep(SWAP_AGAIN_MS);
      }
    } finally {
      await pool.end();
    }
  });
}

/** Until the shadow is as far as the tables in use, or nearly: they may go on meanwhile. */
async function fill(owner: Client, follower: Follower, { projection, onProgress }: RebuildOptions): Promise<void> {
  for (;;) {
    const { position, live, comparable } = await readProgress(owner, projection);
    onProgress?.(position, Math.max(position, live));
    const step = await follower.step(projection, comparable ? { shadow: true, upTo: live } : { shadow: true });
    if (step === 'up-to-date') return;
    if (step === 'folded') continue;
    const { failure } = await readProgress(owner, projection);
    throw new RebuildFailed(
      `${projection.name} cannot be folded further than position ${position}: ${failure ?? step}`,
    );
  }
}

/** Null where others hold the tables, or where the projection in use is too far ahead again. */
async function trySwap(owner: Client, projection: Projection, isLast: boolean): Promise<Swapped | null> {
  for (const table of projection.tables) await owner.query(`ANALYZE ${SHADOW_SCHEMA}.${table}`);
  try {
    return await inTransaction(owner, () => compareAndSwap(owner, projection));
  } catch (error) {
    const isLocked = error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE;
    if (isLocked && !isLast) return null;
    throw error;
  }
}

async function compareAndSwap(owner: Client, projection: Projection): Promise<Swapped | null> {
  await owner.query(LOCK_CHECKPOINTS, [projection.name]);
  const { position, live, comparable } = await readProgress(owner, projection);
  if (comparable && live - position > MOST_POSITIONS) return null;
  if (comparable && live > position) {
    await foldInto(owner, projection, { after: position, upTo: live }, projection.settings, true);
  }
  const differences = comparable ? await compareTables(owner, projection.tables, SHADOW_SCHEMA) : null;
  const reached = comparable ? live : position;
  await owner.query(`SET LOCAL lock_timeout = '${SWAP_LOCK_TIMEOUT}'`);
  await swapShadow(owner, projection, reached);
  return { position: reached, differences };
}

async function readProgress(owner: Client, { name }: Projection): Promise<Progress> {
  return (await owner.query<Progress>(READ_PROGRESS, [name])).rows[0]!;
}
