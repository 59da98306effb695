import { DatabaseError, type ClientBase, type Pool } from 'pg';
import { failCheckpoint, moveCheckpoint, takeCheckpoint, type Checkpoint } from './checkpoints.js';
import { Horizon } from './horizon.js';
import type { PositionRange, Projection, ProjectionSettings } from './projection.js';
import { SHADOW_SCHEMA } from './shadow.js';

/** Folded in one transaction: many, because sums of one account and day are then written once. */
export const MOST_POSITIONS = 50_000;
/** An entry that cannot be folded is tried again after so long: the next version of the code may know how to. */
const REST_AFTER_FAILURE_SECONDS = 60;
const LONGEST_FAILURE_CHARS = 2_000;
/**
 * Classes of errors that tell of the server or the moment, not of an entry: connections, invalid transaction states,
 * transactions in each other's way, resources, locks, interventions, the system. The next step comes anyway.
 */
const PASSING_CLASSES = ['08', '25', '40', '53', '55', '57', '58'];
/** A statement that took too long may have had too much to fold. */
const QUERY_CANCELED = '57014';

/**
 * Ranges of positions come from their index, look-ups from the primary key, and nothing is looked up twice, whatever the
 * planner believes. To start processes for one range takes longer than to read it.
 */
const SESSION_SETTINGS = `
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
SET LOCAL enable_memoize = off; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0`;

const NOTHING = (): void => {};

const SEE_SHADOWS_FIRST = `SET LOCAL search_path = ${SHADOW_SCHEMA}, public`;

/**
 * What came of a step. `folded`: some entries; `up-to-date`: nothing to do; `elsewhere`: another replica is at it, or it
 * has no checkpoint; `other-version`: its tables were folded by another version of the code, and wait for a rebuild or
 * for the replicas of that version; `failed`: the next entry cannot be folded.
 */
export type Step = 'folded' | 'up-to-date' | 'elsewhere' | 'other-version' | 'failed';

/** Where a projection that cannot go on is told of. */
export interface FollowerLog {
  error(message: string): void;
}

/** Which tables are moved, and how far. */
export interface Errand {
  /** True: those that a rebuild fills. */
  readonly shadow: boolean;
  /** No further than this, though more is settled. */
  readonly upTo?: number;
}

/**
 * Moves projections along the entries. Any number of replicas may do it at once: one works on a projection at a time, and
 * whoever is killed leaves nothing half done, because the checkpoint moves in the transaction of what it stands for.
 */
export class Follower {
  private readonly horizon = new Horizon();

  constructor(
    private readonly pool: Pool,
    private readonly log: FollowerLog,
  ) {}

  /**
   * One range of entries, in one transaction. One step at a time.
   * @throws the driver's error where the database is away or busy; nothing was folded then
   */
  async step(projection: Projection, errand: Errand = { shadow: false }): Promise<Step> {
    const settled = await this.horizon.reach(this.pool);
    const client = await this.pool.connect();
    // A connection that is lost between two statements says so here; the next statement fails with it.
    client.on('error', NOTHING);
    try {
      const step = await this.foldSome(client, projection, errand, Math.min(settled, errand.upTo ?? settled));
      client.off('error', NOTHING);
      client.release();
      return step;
    } catch (error) {
      // Nobody knows what state the connection is in.
      client.release(true);
      throw error;
    }
  }

  /** Where a range cannot be folded, half of it: all before the entry that fails is folded, and the entry is known. */
  private async foldSome(client: ClientBase, projection: Projection, errand: Errand, end: number): Promise<Step> {
    for (let most = MOST_POSITIONS; ; most = Math.ceil(most / 2)) {
      try {
        return await foldRange(client, projection, errand, end, most);
      } catch (error) {
        if (!(error instanceof FoldFailed)) throw error;
        await client.query('ROLLBACK');
        if (most > 1) continue;
        await this.fail(client, projection, errand, error);
        return 'failed';
      }
    }
  }

  private async fail(client: ClientBase, { name }: Projection, { shadow }: Errand, failed: FoldFailed): Promise<void> {
    await failCheckpoint(client, name, shadow, failed.range.after, failed.message);
    this.log.error(`projection ${name} stands before the entry at position ${failed.range.upTo}: ${failed.message}`);
  }
}

/** The projection did not take a range, for a reason that lies in it. */
class FoldFailed extends Error {
  override readonly name = 'FoldFailed';
  constructor(
    readonly range: PositionRange,
    cause: unknown,
  ) {
    super(String(cause).slice(0, LONGEST_FAILURE_CHARS), { cause });
  }
}

async function foldRange(
  client: ClientBase,
  projection: Projection,
  { shadow }: Errand,
  end: number,
  most: number,
): Promise<Step> {
  await client.query('BEGIN');
  const checkpoint = await takeCheckpoint(client, projection.name, shadow, REST_AFTER_FAILURE_SECONDS);
  const idle = checkpoint === null ? 'elsewhere' : reasonToStay(projection, checkpoint, end);
  if (checkpoint === null || idle !== null) {
    await client.query('ROLLBACK');
    return idle!;
  }
  const range = { after: checkpoint.position, upTo: Math.min(end, checkpoint.position + most) };
  try {
    await foldInto(client, projection, range, checkpoint.settings, shadow);
  } catch (error) {
    throw isPassing(error) ? error : new FoldFailed(range, error);
  }
  await moveCheckpoint(client, projection.name, shadow, range.upTo);
  await client.query('COMMIT');
  return 'folded';
}

/** In the caller's transaction, which keeps these settings to its end. */
export async function foldInto(
  client: ClientBase,
  projection: Projection,
  range: PositionRange,
  settings: ProjectionSettings,
  shadow: boolean,
): Promise<void> {
  await client.query(SESSION_SETTINGS);
  if (shadow) await client.query(SEE_SHADOWS_FIRST);
  await projection.fold(client, range, settings);
}

function reasonToStay({ version }: Projection, checkpoint: Checkpoint, end: number): Step | null {
  if (checkpoint.version !== version) return 'other-version';
  if (checkpoint.position >= end) return 'up-to-date';
  return checkpoint.resting ? 'failed' : null;
}

/** What is no answer of the server's is the projection's own, unless the connection is gone: then ROLLBACK fails too. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || error.code === QUERY_CANCELED) return false;
  return PASSING_CLASSES.includes((error.code ?? '').slice(0, 2));
}
