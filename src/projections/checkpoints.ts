import type { ClientBase } from 'pg';
import type { Queryable } from '../ledger/store/queryable.js';
import type { Projection, ProjectionSettings } from './projection.js';

/** How far a projection is, and how its tables were folded. */
export interface Checkpoint {
  readonly position: number;
  readonly version: number;
  readonly settings: ProjectionSettings;
  /** It failed so lately that another attempt is not worth it yet. */
  readonly resting: boolean;
}

const CREATE = `
INSERT INTO projection_checkpoints (projection, shadow, version, settings, position)
VALUES ($1, false, $2, $3, 0)
ON CONFLICT DO NOTHING`;

/** Another replica that works on the projection holds the row: there is nothing to wait for. */
const TAKE = `
SELECT position, version, settings, coalesce(failed_at > now() - make_interval(secs => $3), false) AS resting
FROM projection_checkpoints
WHERE projection = $1 AND shadow = $2
FOR UPDATE SKIP LOCKED`;

const MOVE = `
UPDATE projection_checkpoints SET position = $3, failure = NULL, failed_at = NULL, failed_position = NULL
WHERE projection = $1 AND shadow = $2`;

/** Only where it stands where the attempt began: another replica may have got further. */
const FAIL = `
UPDATE projection_checkpoints SET failure = $4, failed_at = now(), failed_position = $3 + 1
WHERE projection = $1 AND shadow = $2 AND position = $3`;

/** Begins the projection at the first entry, unless it has begun. */
export async function createCheckpoint(database: Queryable, projection: Projection): Promise<void> {
  const { name, version, settings } = projection;
  await database.query({ text: CREATE, values: [name, version, JSON.stringify(settings)] });
}

/** Locks it to the end of the transaction. Null where there is none, or where somebody else has it. */
export async function takeCheckpoint(
  client: ClientBase,
  projection: string,
  shadow: boolean,
  restSeconds: number,
): Promise<Checkpoint | null> {
  const { rows } = await client.query<Omit<Checkpoint, 'position'> & { position: string }>(TAKE, [
    projection,
    shadow,
    restSeconds,
  ]);
  return rows[0] === undefined ? null : { ...rows[0], position: Number(rows[0].position) };
}

export async function moveCheckpoint(
  client: ClientBase,
  projection: string,
  shadow: boolean,
  position: number,
): Promise<void> {
  await client.query(MOVE, [projection, shadow, position]);
}

/** Notes why it stands at this position, before the next entry. */
export async function failCheckpoint(
  client: ClientBase,
  projection: string,
  shadow: boolean,
  position: number,
  failure: string,
): Promise<void> {
  await client.query(FAIL, [projection, shadow, position, failure]);
}
