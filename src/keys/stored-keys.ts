import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { transact } from '../database/transact.js';
import type { Mode, Scope } from './api-key.js';

/** A key as the ledger keeps it: everything but the secret. */
export interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly mode: Mode;
  readonly scopes: readonly Scope[];
  /** Null for no limit. */
  readonly rateLimitPerSecond: number | null;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** What authentication needs of it. */
export interface KeyToCheck {
  readonly id: string;
  readonly mode: Mode;
  readonly scopes: readonly Scope[];
  readonly rateLimitPerSecond: number | null;
  readonly secretHash: Buffer;
}

export type NewKey = Omit<StoredKey, 'createdAt' | 'revokedAt'> & { readonly secretHash: Buffer };

const COLUMNS = `
  id, name, mode, scopes, rate_limit_per_second AS "rateLimitPerSecond", prefix,
  created_at AS "createdAt", revoked_at AS "revokedAt"`;
const FIND_IN_FORCE = `
SELECT id, mode, scopes, rate_limit_per_second AS "rateLimitPerSecond", secret_hash AS "secretHash"
FROM api_keys WHERE id = ANY ($1) AND revoked_at IS NULL`;
const LIST = `
SELECT ${COLUMNS} FROM api_keys
WHERE id > $1 AND ($2 = 'live' OR mode = 'test')
ORDER BY id LIMIT $3`;
const INSERT = `
INSERT INTO api_keys (id, name, mode, scopes, rate_limit_per_second, prefix, secret_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING
RETURNING ${COLUMNS}`;
/** The first moment stays when it is revoked again. */
const REVOKE = `
UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp())
WHERE id = $1 AND ($2 = 'live' OR mode = 'test')
RETURNING ${COLUMNS}`;
/** Any number: this one is for the first key. Replicas that boot at once make one between them. */
const ONE_AT_A_TIME = 'SELECT pg_advisory_xact_lock(4218870463)';
const FIND_ANY = 'SELECT FROM api_keys LIMIT 1';

/** The table api_keys. A live key sees all keys, a test key those of the test mode. */
@Injectable()
export class StoredKeys {
  constructor(private readonly pool: Pool) {}

  /** Those of the ids that name a key which is not revoked. */
  async findInForce(ids: readonly string[]): Promise<KeyToCheck[]> {
    return (await this.pool.query<KeyToCheck>({ name: 'keys-in-force', text: FIND_IN_FORCE, values: [ids] })).rows;
  }

  async list(seenBy: Mode, afterId: string, limit: number): Promise<StoredKey[]> {
    return (await this.pool.query<StoredKey>(LIST, [afterId, seenBy, limit])).rows;
  }

  /** Undefined where the id is taken. */
  async insert(key: NewKey): Promise<StoredKey | undefined> {
    return (await this.pool.query<StoredKey>(INSERT, valuesOf(key))).rows[0];
  }

  /** Inserts the key unless the ledger has one already; true where it was inserted. */
  insertFirst(key: NewKey): Promise<boolean> {
    return transact(this.pool, async client => {
      await client.query(ONE_AT_A_TIME);
      const { rowCount } = await client.query(FIND_ANY);
      if (rowCount === 0) await client.query(INSERT, valuesOf(key));
      return rowCount === 0;
    });
  }

  /** Undefined where there is no such key, or not for this caller. */
  async revoke(id: string, by: Mode): Promise<StoredKey | undefined> {
    return (await this.pool.query<StoredKey>(REVOKE, [id, by])).rows[0];
  }
}

function valuesOf(key: NewKey): unknown[] {
  return [key.id, key.name, key.mode, key.scopes, key.rateLimitPerSecond, key.prefix, key.secretHash];
}
