import type { Pool } from 'pg';

/** First of the two numbers of every advisory lock of a job; the second is its name's. */
const LOCK_CLASS = 0x6a_6f_62_73;
const MOST_ERROR_CHARACTERS = 1_000;

/** When a job ran last, by the database's clock. */
export interface LastRun {
  readonly name: string;
  readonly startedAt: Date;
  /** Milliseconds since then. */
  readonly startedAgoMs: number;
  readonly succeededAt: Date | null;
  /** Runs in a row that failed. */
  readonly failures: number;
  readonly lastError: string | null;
}

const TAKE_LOCK = `SELECT pg_try_advisory_lock(${LOCK_CLASS}, hashtext($1)) AS taken`;
// All that this session holds, which is the one lock or none.
const LEAVE_LOCK = `SELECT pg_advisory_unlock_all()`;

// A start in the future is from before the clock was set back.
const BEGIN = `
INSERT INTO job_runs AS r (name, started_at) VALUES ($1, now())
ON CONFLICT (name) DO UPDATE SET started_at = now()
WHERE r.started_at <= now() - $2 * interval '1 millisecond' OR r.started_at > now()
RETURNING true AS begun`;
const SUCCEED = `UPDATE job_runs SET succeeded_at = now(), failures = 0, last_error = NULL WHERE name = $1`;
const FAIL = `UPDATE job_runs SET failures = failures + 1, last_error = $2 WHERE name = $1`;

const LAST_RUNS = `
SELECT name, started_at, greatest(0, extract(epoch FROM now() - started_at)) * 1000 AS started_ago_ms, succeeded_at,
       failures, last_error
FROM job_runs ORDER BY name`;

/**
 * Sees to it that over all replicas one run of a job is under way, and not more often than is worth it; remembers how
 * each went. The lock belongs to a connection: whoever dies lets go of it.
 */
export class JobRuns {
  constructor(private readonly database: Pool) {}

  /**
   * @param notWithinMs leaves it at that where another run started less than so long ago
   * @returns false where somebody else runs it, or has just done so
   * @throws what `work` throws, once it is noted; or the driver's error
   */
  async once(name: string, notWithinMs: number, work: () => Promise<void>): Promise<boolean> {
    const connection = await this.database.connect();
    let broken: Error | undefined;
    const onError = (error: Error) => (broken = error);
    connection.on('error', onError);
    try {
      const { rows } = await connection.query<{ taken: boolean }>(TAKE_LOCK, [name]);
      if (rows[0]?.taken !== true) return false;
      const begun = await connection.query(BEGIN, [name, notWithinMs]);
      if (begun.rowCount === 0) return false;
      await work().catch(async (error: unknown) => {
        await connection.query(FAIL, [name, String(error).slice(0, MOST_ERROR_CHARACTERS)]);
        throw error;
      });
      await connection.query(SUCCEED, [name]);
      return true;
    } finally {
      await connection.query(LEAVE_LOCK).catch(onError);
      connection.off('error', onError);
      connection.release(broken);
    }
  }

  /** Of every job that ever ran, by name. */
  async last(): Promise<LastRun[]> {
    const { rows } = await this.database.query<{
      name: string;
      started_at: Date;
      started_ago_ms: string;
      succeeded_at: Date | null;
      failures: number;
      last_error: string | null;
    }>(LAST_RUNS);
    return rows.map(row => ({
      name: row.name,
      startedAt: row.started_at,
      startedAgoMs: Number(row.started_ago_ms),
      succeededAt: row.succeeded_at,
      failures: row.failures,
      lastError: row.last_error,
    }));
  }
}
