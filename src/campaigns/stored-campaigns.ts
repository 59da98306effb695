import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { transact } from '../database/transact.js';
import type { AppliesTo } from '../ledger/domain/account.js';
import type { Mode } from '../ledger/submission.js';
import { MOST_CAMPAIGNS, type Campaign, type CampaignTerms, type Claim } from './campaign.js';

const SECRET_BYTES = 32;
const COLUMNS = `id, unit, amount, priority, expires_after_ms, applies_to, starts_at, ends_at, most_claims, claims, created_at`;
/** Campaigns of a mode are made one after the other, or their limit would be none. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('campaigns'), hashtext($1))`;
const PUT = `
INSERT INTO campaigns (mode, id, unit, amount, priority, expires_after_ms, applies_to, starts_at, ends_at, most_claims, secret)
SELECT $1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000), to_timestamp($9::float8 / 1000), $10, $11
WHERE EXISTS (SELECT FROM campaigns WHERE mode = $1 AND id = $2)
   OR (SELECT count(*) FROM campaigns WHERE mode = $1) < ${MOST_CAMPAIGNS}
ON CONFLICT ON CONSTRAINT campaigns_once DO UPDATE SET
  unit = excluded.unit, amount = excluded.amount, priority = excluded.priority,
  expires_after_ms = excluded.expires_after_ms, applies_to = excluded.applies_to, starts_at = excluded.starts_at,
  ends_at = excluded.ends_at, most_claims = excluded.most_claims
RETURNING ${COLUMNS}`;
const FIND = `SELECT ${COLUMNS} FROM campaigns WHERE mode = $1 AND id = $2`;
const LIST = `SELECT ${COLUMNS} FROM campaigns WHERE mode = $1 AND id > $2 ORDER BY id LIMIT $3`;
const LIST_CLAIMS = `
SELECT no, account, leased_until IS NULL AS granted, claimed_at FROM campaign_claims
WHERE mode = $1 AND campaign = $2 AND no < $3 ORDER BY no DESC LIMIT $4`;

interface CampaignRow {
  readonly id: string;
  readonly unit: string;
  readonly amount: string;
  readonly priority: number;
  readonly expires_after_ms: string | null;
  readonly applies_to: AppliesTo | null;
  readonly starts_at: Date | null;
  readonly ends_at: Date | null;
  readonly most_claims: string | null;
  readonly claims: string;
  readonly created_at: Date;
}

interface ClaimRow {
  readonly no: string;
  readonly account: string;
  readonly granted: boolean;
  readonly claimed_at: Date;
}

/** The table campaigns, and lists of what was claimed. */
export class StoredCampaigns {
  constructor(private readonly pool: Pool) {}

  /** Undefined where there are as many as there may be. */
  async put(mode: Mode, id: string, terms: CampaignTerms): Promise<Campaign | undefined> {
    const { unit, amount, priority, expiresAfterMs, appliesTo, startsAt, endsAt, mostClaims } = terms;
    const conditions = appliesTo === null ? null : JSON.stringify(appliesTo);
    const values = [
      mode,
      id,
      unit,
      amount.toString(),
      priority,
      expiresAfterMs,
      conditions,
      startsAt,
      endsAt,
      mostClaims,
    ];
    const [row] = await transact(this.pool, async client => {
      await client.query(LOCK, [mode]);
      return (await client.query<CampaignRow>(PUT, [...values, randomBytes(SECRET_BYTES)])).rows;
    });
    return row === undefined ? undefined : campaignOf(row);
  }

  async find(mode: Mode, id: string): Promise<Campaign | undefined> {
    const { rows } = await this.pool.query<CampaignRow>(FIND, [mode, id]);
    return rows[0] === undefined ? undefined : campaignOf(rows[0]);
  }

  /** By id, those after one. */
  async list(mode: Mode, after: string, limit: number): Promise<Campaign[]> {
    return (await this.pool.query<CampaignRow>(LIST, [mode, after, limit])).rows.map(campaignOf);
  }

  /** Newest first, those before one. */
  async claims(mode: Mode, id: string, before: number, limit: number): Promise<Claim[]> {
    const { rows } = await this.pool.query<ClaimRow>(LIST_CLAIMS, [mode, id, before, limit]);
    return rows.map(({ no, account, granted, claimed_at }) => {
      return { no: Number(no), account, granted, claimedAt: claimed_at.getTime() };
    });
  }
}

function campaignOf(row: CampaignRow): Campaign {
  return {
    id: row.id,
    unit: row.unit,
    amount: BigInt(row.amount),
    priority: row.priority,
    expiresAfterMs: numberOf(row.expires_after_ms),
    appliesTo: row.applies_to,
    startsAt: row.starts_at?.getTime() ?? null,
    endsAt: row.ends_at?.getTime() ?? null,
    mostClaims: numberOf(row.most_claims),
    claims: Number(row.claims),
    createdAt: row.created_at.getTime(),
  };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
