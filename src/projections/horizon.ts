import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '../ledger/store/queryable.js';

/** A batch commits within milliseconds: that long it is worth waiting for. */
const LONGEST_WAIT_MS = 200;
const LOOK_AGAIN_MS = 4;

const LAST_POSITION = `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS position FROM entry_positions`;

/** nextval() takes this lock before it gives a position out, and it is held to the end of the transaction. */
const WRITERS = `
SELECT DISTINCT virtualtransaction AS writer, pid
FROM pg_locks
WHERE locktype = 'relation' AND relation = 'entry_positions'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid IS DISTINCT FROM pg_backend_pid()`;

interface Writer {
  readonly writer: string;
  /** Null for a prepared transaction, which has no session. */
  readonly pid: number | null;
}

/**
 * How far the entries are settled: every position up to here is visible to whoever looks from now on, or never will be.
 *
 * Positions are given out in one order and become visible in another, so the last position alone says nothing. But whoever
 * draws one holds a lock on the sequence from before the draw until after its commit is visible. So: read the last
 * position, then see who holds that lock, then wait until all of these are gone. What they drew is settled then, and who
 * came later drew later positions. Transactions that draw no position do not matter, however long they run and whatever
 * they write; a transaction that drew one and stays open holds the horizon, and only the horizon, where it is.
 *
 * Positions must be drawn by the transaction that inserts the entry, from a sequence that sessions do not cache.
 */
export class Horizon {
  private settled = 0;
  /** Settled as soon as all of its writers are gone. */
  private candidate: { readonly position: number; writers: readonly string[] } | null = null;

  /**
   * Looks, and waits a moment for transactions that are about to commit. What is read by statements that begin after the
   * answer sees everything up to it. Never goes back; asks one question after the other, so it is not to be shared by
   * callers that run at once.
   */
  async reach(database: Queryable): Promise<number> {
    for (const deadline = Date.now() + LONGEST_WAIT_MS; ; await sleep(LOOK_AGAIN_MS)) {
      await this.look(database);
      if (this.candidate === null || Date.now() >= deadline) return this.settled;
    }
  }

  private async look(database: Queryable): Promise<void> {
    // In this order: who drew up to this position has held the lock since before it was read.
    const position = this.candidate?.position ?? (await lastPosition(database));
    if (position <= this.settled) return;
    const found = await writersOf(database);
    const before = this.candidate?.writers;
    const writers = found
      // A restart of the server gives a prepared transaction another name: it may be any of those before.
      .filter(({ writer, pid }) => before === undefined || pid === null || before.includes(writer))
      .map(({ writer }) => writer);
    if (writers.length === 0) this.settled = position;
    this.candidate = writers.length === 0 ? null : { position, writers };
  }
}

async function lastPosition(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ position: string }>({ text: LAST_POSITION });
  return Number(rows[0]!.position);
}

async function writersOf(database: Queryable): Promise<Writer[]> {
  return (await database.query<Writer>({ text: WRITERS })).rows;
}
