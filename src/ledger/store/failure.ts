import { DatabaseError } from 'pg';

/** Of SQLSTATE: deadlocks and the like, resources, a standby, input and output. */
const PASSING = /^(40|53|58)|^25006$/;
/** Of SQLSTATE: a row that somebody else held for too long. */
const BLOCKED = '55P03';
/** Of SQLSTATE: a statement that took too long. */
const SLOW = '57014';
/** Of SQLSTATE: connection gone, or going because the server stops. */
const CONNECTION_GONE = /^08|^57P0/;

/** The connection failed, or an answer did not come in time: whatever was sent may have happened. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/**
 * - `lost`: what was sent may have happened, and the connection is useless.
 * - `passing`: PostgreSQL refused and undid it, and may not refuse it the next time.
 * - `blocked`: undone, because somebody else holds a row of it.
 * - `slow`: undone, because it was too much for one statement, or PostgreSQL has too much to do.
 * - `rejected`: PostgreSQL refused and undid it because of what was in it, or we could not even say it.
 */
export type Failure = 'lost' | 'passing' | 'blocked' | 'slow' | 'rejected';

export function failureOf(error: unknown): Failure {
  if (error instanceof ConnectionLost) return 'lost';
  if (!(error instanceof DatabaseError)) return 'rejected';
  const { code = '', severity } = error;
  if (CONNECTION_GONE.test(code) || severity === 'FATAL' || severity === 'PANIC') return 'lost';
  if (code === BLOCKED) return 'blocked';
  if (code === SLOW) return 'slow';
  return PASSING.test(code) ? 'passing' : 'rejected';
}
