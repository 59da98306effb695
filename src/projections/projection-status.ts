import type { Queryable } from '../ledger/store/queryable.js';
import type { ProjectionSettings } from './projection.js';

/** How a projection, or the shadow that a rebuild fills, is doing. */
export interface ProjectionStatus {
  readonly projection: string;
  readonly shadow: boolean;
  readonly version: number;
  readonly settings: ProjectionSettings;
  readonly position: number;
  /** Positions given out since. A few of them may have no entry and never get one. */
  readonly entriesBehind: number;
  /** Since when the oldest entry that is committed and not folded has been waiting; 0 where there is none. */
  readonly secondsBehind: number;
  /** Why it stands still; null where it does not. */
  readonly failure: string | null;
  readonly failedAt: Date | null;
  readonly failedPosition: number | null;
}

/** The oldest entry that waits is among the next positions, unless something drew as many and was undone. */
const READ_STATUS = `
SELECT c.projection, c.shadow, c.version, c.settings, c.position::float8 AS position,
       greatest(CASE WHEN p.is_called THEN p.last_value ELSE 0 END - c.position, 0)::float8 AS "entriesBehind",
       greatest(coalesce(extract(epoch FROM clock_timestamp() - (
         SELECT min(e.recorded_at) FROM entries e WHERE e.position > c.position AND e.position <= c.position + 10000)), 0), 0)
         ::float8 AS "secondsBehind",
       c.failure, c.failed_at AS "failedAt", c.failed_position::float8 AS "failedPosition"
FROM projection_checkpoints c CROSS JOIN entry_positions p
ORDER BY c.projection, c.shadow`;

/** Of every projection that has begun; cheap enough to be asked every few seconds. */
export async function readProjectionStatus(database: Queryable): Promise<ProjectionStatus[]> {
  return (await database.query<ProjectionStatus>({ text: READ_STATUS })).rows;
}

/** A transaction that drew positions and is still open: no projection can pass these before it ends. */
export interface OpenWriter {
  /** Null where it is prepared, and waits for COMMIT PREPARED or ROLLBACK PREPARED. */
  readonly pid: number | null;
  readonly application: string | null;
  readonly seconds: number | null;
}

const READ_OPEN_WRITERS = `
SELECT DISTINCT l.pid, a.application_name AS application,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'relation' AND l.relation = 'entry_positions'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY seconds DESC NULLS FIRST`;

/** Longest first. To be asked by a login that may see what others run, such as the one that migrates. */
export async function readOpenWriters(database: Queryable): Promise<OpenWriter[]> {
  return (await database.query<OpenWriter>({ text: READ_OPEN_WRITERS })).rows;
}
