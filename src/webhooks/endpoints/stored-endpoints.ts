import type { Pool } from 'pg';
import { transact } from '../../database/transact.js';
import type { Mode } from '../../keys/api-key.js';

/** Each of them costs a row for every event. */
export const MOST_ENDPOINTS = 16;
/** That sign at once while they are rotated. */
const MOST_SECRETS = 3;

/** What its owner chose about an endpoint. */
export interface EndpointTerms {
  readonly url: string;
  readonly description: string;
  /** Null for every type, those of the future included. */
  readonly events: readonly string[] | null;
}

/** An endpoint as it is kept, without its secrets. */
export interface StoredEndpoint extends EndpointTerms {
  readonly no: number;
  readonly id: string;
  readonly mode: Mode;
  readonly enabled: boolean;
  readonly disabledBecause: 'asked' | 'gone' | 'failing' | null;
  readonly disabledAt: Date | null;
  readonly createdAt: Date;
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  readonly lastFailure: string | null;
  /** Of those that sign, the newest first; null for the one that goes on. */
  readonly secretsUntil: readonly (Date | null)[];
}

const COLUMNS = `
  no, id, mode, url, description, events, enabled, disabled_because AS "disabledBecause", disabled_at AS "disabledAt",
  created_at AS "createdAt", last_success_at AS "lastSuccessAt", last_failure_at AS "lastFailureAt",
  last_failure AS "lastFailure",
  ARRAY(SELECT k.expires_at FROM webhook_secrets k
        WHERE k.endpoint = webhook_endpoints.no AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        ORDER BY k.no DESC) AS "secretsUntil"`;

/** Endpoints of a mode are made one after the other, or their limit would be none. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext($1))`;
/** Positions that are drawn from now on are behind the last one. */
const INSERT = `
INSERT INTO webhook_endpoints (mode, url, description, events, from_position)
SELECT $1, $2, $3, $4, CASE WHEN p.is_called THEN p.last_value ELSE 0 END FROM entry_positions p
WHERE (SELECT count(*) FROM webhook_endpoints WHERE mode = $1 AND deleted_at IS NULL) < ${MOST_ENDPOINTS}
RETURNING no, id`;
const FIND = `SELECT ${COLUMNS} FROM webhook_endpoints WHERE id = $1 AND mode = $2 AND deleted_at IS NULL`;
const LIST = `
SELECT ${COLUMNS} FROM webhook_endpoints WHERE mode = $1 AND deleted_at IS NULL AND no > $2 ORDER BY no LIMIT $3`;
const CHANGE = `
UPDATE webhook_endpoints SET url = $3, description = $4, events = $5
WHERE id = $1 AND mode = $2 AND deleted_at IS NULL RETURNING no`;
const ENABLE = `
UPDATE webhook_endpoints SET enabled = true, disabled_because = NULL, disabled_at = NULL WHERE no = $1 AND NOT enabled`;
/** What waits begins anew, with all the patience there is. */
const START_AGAIN = `
UPDATE webhook_streams SET attempts = 0, failing_since = NULL, next_attempt_at = clock_timestamp()
WHERE endpoint = $1 AND next_attempt_at IS NOT NULL`;
const DISABLE = `
UPDATE webhook_endpoints SET enabled = false, disabled_because = 'asked', disabled_at = clock_timestamp()
WHERE no = $1 AND enabled`;
const DELETE = `
UPDATE webhook_endpoints SET deleted_at = clock_timestamp()
WHERE id = $1 AND mode = $2 AND deleted_at IS NULL RETURNING no`;
const FORGET_SECRETS = `DELETE FROM webhook_secrets WHERE endpoint = $1`;

const SECRETS_IN_FORCE = `
SELECT secret FROM webhook_secrets
WHERE endpoint = $1 AND (expires_at IS NULL OR expires_at > clock_timestamp()) ORDER BY no DESC`;
/** Those before end with the overlap, if not sooner. */
const END_SECRETS = `
UPDATE webhook_secrets SET expires_at = least(expires_at, clock_timestamp() + $2 * interval '1 second') WHERE endpoint = $1`;
const INSERT_SECRET = `INSERT INTO webhook_secrets (endpoint, secret) VALUES ($1, $2)`;
const KEEP_NEWEST = `
DELETE FROM webhook_secrets WHERE endpoint = $1 AND (expires_at <= clock_timestamp() OR no NOT IN (
  SELECT no FROM webhook_secrets WHERE endpoint = $1 ORDER BY no DESC LIMIT ${MOST_SECRETS}))`;

/** The tables webhook_endpoints and webhook_secrets. A key sees the endpoints of its own mode. */
export class StoredEndpoints {
  constructor(private readonly pool: Pool) {}

  /** Undefined where there are as many as there may be. */
  insert(mode: Mode, { url, description, events }: EndpointTerms, secret: Buffer): Promise<StoredEndpoint | undefined> {
    return this.atOnce(async query => {
      await query(LOCK, [mode]);
      const [made] = await query<{ no: number; id: string }>(INSERT, [mode, url, description, events]);
      if (made === undefined) return undefined;
      await query(INSERT_SECRET, [made.no, secret]);
      return (await query<StoredEndpoint>(FIND, [made.id, mode]))[0];
    });
  }

  async find(id: string, mode: Mode): Promise<StoredEndpoint | undefined> {
    return (await this.pool.query<StoredEndpoint>(FIND, [id, mode])).rows[0];
  }

  /** In the order in which they were made. */
  async list(mode: Mode, afterNo: number, limit: number): Promise<StoredEndpoint[]> {
    return (await this.pool.query<StoredEndpoint>(LIST, [mode, afterNo, limit])).rows;
  }

  /** @param enabled undefined: as it is */
  change(
    id: string,
    mode: Mode,
    { url, description, events }: EndpointTerms,
    enabled: boolean | undefined,
  ): Promise<StoredEndpoint | undefined> {
    return this.atOnce(async query => {
      const [changed] = await query<{ no: number }>(CHANGE, [id, mode, url, description, events]);
      if (changed === undefined) return undefined;
      if (enabled === false) await query(DISABLE, [changed.no]);
      if (enabled === true) {
        await query(ENABLE, [changed.no]);
        await query(START_AGAIN, [changed.no]);
      }
      return (await query<StoredEndpoint>(FIND, [id, mode]))[0];
    });
  }

  /** As it was. What was to be sent to it is removed later. */
  delete(id: string, mode: Mode): Promise<StoredEndpoint | undefined> {
    return this.atOnce(async query => {
      const [found] = await query<StoredEndpoint>(FIND, [id, mode]);
      const [deleted] = await query<{ no: number }>(DELETE, [id, mode]);
      if (found === undefined || deleted === undefined) return undefined;
      await query(FORGET_SECRETS, [found.no]);
      return found;
    });
  }

  /** Of those that sign now, the newest first. */
  async secrets(no: number): Promise<Buffer[]> {
    return (await this.pool.query<{ secret: Buffer }>(SECRETS_IN_FORCE, [no])).rows.map(({ secret }) => secret);
  }

  /** @param overlapSeconds for how long those before go on signing beside it */
  rotate(id: string, mode: Mode, secret: Buffer, overlapSeconds: number): Promise<StoredEndpoint | undefined> {
    return this.atOnce(async query => {
      const [found] = await query<{ no: number }>(`${FIND} FOR UPDATE OF webhook_endpoints`, [id, mode]);
      if (found === undefined) return undefined;
      await query(END_SECRETS, [found.no, overlapSeconds]);
      await query(INSERT_SECRET, [found.no, secret]);
      await query(KEEP_NEWEST, [found.no]);
      return (await query<StoredEndpoint>(FIND, [id, mode]))[0];
    });
  }

  private atOnce<T>(work: (query: Ask) => Promise<T>): Promise<T> {
    return transact(this.pool, client =>
      work(async <Row extends object>(text: string, values: unknown[]) => (await client.query<Row>(text, values)).rows),
    );
  }
}

type Ask = <Row extends object>(text: string, values: unknown[]) => Promise<Row[]>;
