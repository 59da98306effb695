import { createHmac } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { transact } from '../database/transact.js';
import type { AppliesTo } from '../ledger/domain/account.js';
import type { Mode } from '../ledger/submission.js';
import type { ErrorCode } from '../shared/ledger-error.js';
import type { ClaimTerms } from './campaign.js';

/** Longer than a grant may take: nobody is still at work on a claim whose lease is over. */
const LEASE_SECONDS = 30;

const FINGERPRINT_BYTES = 16;

const SECRET = `SELECT secret FROM campaigns WHERE mode = $1 AND id = $2`;
const LOCK_CAMPAIGN = `
SELECT unit, amount, priority, expires_after_ms, applies_to, secret,
  starts_at > clock_timestamp() AS early, ends_at <= clock_timestamp() AS late, claims >= most_claims AS full
FROM campaigns WHERE mode = $1 AND id = $2 FOR NO KEY UPDATE`;
const OWN = `
SELECT no, key_hash, terms, leased_until IS NULL AS granted, leased_until > clock_timestamp() AS leased
FROM campaign_claims WHERE mode = $1 AND campaign = $2 AND account = $3`;
const KEY_OF_ANOTHER = `SELECT FROM campaign_claims WHERE mode = $1 AND campaign = $2 AND key_hash = $3`;
const LEASE = `
UPDATE campaign_claims SET leased_until = clock_timestamp() + interval '${LEASE_SECONDS} s' WHERE no = $1
RETURNING no, leased_until::text AS lease`;
const BOOK = `
INSERT INTO campaign_claims (mode, campaign, account, key_hash, terms, leased_until)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + interval '${LEASE_SECONDS} s')
RETURNING no, leased_until::text AS lease`;
const COUNT = `UPDATE campaigns SET claims = claims + 1 WHERE mode = $1 AND id = $2`;
const GRANTED = `UPDATE campaign_claims SET leased_until = NULL WHERE no = $1`;
/** The campaign's row first, as where claims are booked. */
const GIVE_UP = `
WITH held AS (
  SELECT c.mode, c.id FROM campaigns c JOIN campaign_claims k ON k.mode = c.mode AND k.campaign = c.id
  WHERE k.no = $1 FOR NO KEY UPDATE OF c),
gone AS (
  DELETE FROM campaign_claims k USING held
  WHERE k.no = $1 AND k.leased_until = $2::timestamptz RETURNING k.mode, k.campaign)
UPDATE campaigns c SET claims = c.claims - 1 FROM gone WHERE c.mode = gone.mode AND c.id = gone.campaign`;
const LEASE_LEFT = `
UPDATE campaign_claims SET leased_until = clock_timestamp() + interval '${LEASE_SECONDS} s'
WHERE no IN (
  SELECT no FROM campaign_claims WHERE leased_until <= clock_timestamp()
  ORDER BY leased_until LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING no, leased_until::text AS lease, mode, campaign, account, terms`;

interface CampaignRow {
  readonly unit: string;
  readonly amount: string;
  readonly priority: number;
  readonly expires_after_ms: string | null;
  readonly applies_to: AppliesTo | null;
  readonly secret: Buffer;
  readonly early: boolean | null;
  readonly late: boolean | null;
  readonly full: boolean | null;
}

interface OwnRow {
  readonly no: string;
  readonly key_hash: Buffer;
  readonly terms: TermsJson;
  readonly granted: boolean;
  readonly leased: boolean | null;
}

interface TermsJson {
  readonly unit: string;
  readonly amount: string;
  readonly priority: number;
  readonly expires_after_ms?: number;
  readonly applies_to?: AppliesTo;
}

/** Who claims what with which key. */
export interface Claiming {
  readonly mode: Mode;
  readonly campaign: string;
  readonly account: string;
  readonly key: string;
}

/** A claim that is the account's, to be granted by whoever holds it. */
export interface Held {
  readonly no: string;
  /** Only with it may the claim be given up. */
  readonly lease: string;
  readonly terms: ClaimTerms;
}

export interface LeftClaim extends Held {
  readonly mode: Mode;
  readonly campaign: string;
  readonly account: string;
}

export type Booked =
  /** By this call, until its lease is over. */
  | ({ readonly type: 'held' } & Held)
  /** Somebody else is at work on it. */
  | { readonly type: 'leased' }
  | { readonly type: 'granted'; readonly terms: ClaimTerms }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string; readonly terms: ClaimTerms };

/** The claim's key as it is kept. Nothing about it is changed before: two spellings are two keys. */
function hashOf(secret: Buffer, key: string): Buffer {
  return createHmac('sha256', secret).update(key, 'utf8').digest();
}

/**
 * The table campaign_claims. A claim is booked before its credits are granted, and counts from then on; one that was
 * booked and not granted, because a process died in between, is found by its lease.
 */
export class Claims {
  constructor(private readonly pool: Pool) {}

  /** Null where there is no such campaign. */
  book(claiming: Claiming): Promise<Booked | null> {
    return transact(this.pool, client => bookBehindLock(client, claiming));
  }

  /**
   * 16 bytes that stand for a claim, as the fingerprint of other requests does for them; but nobody who has it finds the
   * key by trying. Null where there is no such campaign.
   */
  async fingerprint({ mode, campaign, account, key }: Claiming): Promise<Buffer | null> {
    const { rows } = await this.pool.query<{ secret: Buffer }>(SECRET, [mode, campaign]);
    if (rows[0] === undefined) return null;
    const text = JSON.stringify(['claim', campaign, account, key]);
    return createHmac('sha256', rows[0].secret).update(text, 'utf8').digest().subarray(0, FINGERPRINT_BYTES);
  }

  async granted(no: string): Promise<void> {
    await this.pool.query(GRANTED, [no]);
  }

  /** It was refused for good: account and key may be used again. */
  async giveUp({ no, lease }: Pick<Held, 'no' | 'lease'>): Promise<void> {
    await this.pool.query(GIVE_UP, [no, lease]);
  }

  /** Leases those that nobody is at work on any more. */
  async leaseLeft(limit: number): Promise<LeftClaim[]> {
    const { rows } = await this.pool.query<Omit<LeftClaim, 'terms'> & { terms: TermsJson }>(LEASE_LEFT, [limit]);
    return rows.map(row => ({ ...row, terms: termsFromJson(row.terms) }));
  }
}

/** The account's own claim comes first, then the key, then what the campaign says. */
async function bookBehindLock(client: PoolClient, claiming: Claiming): Promise<Booked | null> {
  const { mode, campaign, account, key } = claiming;
  const found = (await client.query<CampaignRow>(LOCK_CAMPAIGN, [mode, campaign])).rows[0];
  if (found === undefined) return null;
  const hash = hashOf(found.secret, key);
  const terms = termsOf(found);
  const own = (await client.query<OwnRow>(OWN, [mode, campaign, account])).rows[0];
  if (own !== undefined) {
    if (!own.key_hash.equals(hash)) return refused('already_claimed', 'this account has claimed it already', terms);
    if (own.granted) return { type: 'granted', terms: termsFromJson(own.terms) };
    if (own.leased === true) return { type: 'leased' };
    const { rows } = await client.query<Pick<Held, 'no' | 'lease'>>(LEASE, [own.no]);
    return { type: 'held', ...rows[0]!, terms: termsFromJson(own.terms) };
  }
  const { rowCount } = await client.query(KEY_OF_ANOTHER, [mode, campaign, hash]);
  if (rowCount !== 0) return refused('already_claimed', 'it was claimed with this key already', terms);
  if (found.early === true) return refused('campaign_not_started', 'the campaign has not started yet', terms);
  if (found.late === true) return refused('campaign_ended', 'the campaign is over', terms);
  if (found.full === true) return refused('campaign_exhausted', 'all there was of the campaign is claimed', terms);
  const json = JSON.stringify(termsToJson(terms));
  const { rows } = await client.query<Pick<Held, 'no' | 'lease'>>(BOOK, [mode, campaign, account, hash, json]);
  await client.query(COUNT, [mode, campaign]);
  return { type: 'held', ...rows[0]!, terms };
}

function refused(code: ErrorCode, message: string, terms: ClaimTerms): Booked {
  return { type: 'refused', code, message, terms };
}

function termsOf({ unit, amount, priority, expires_after_ms: expiry, applies_to: appliesTo }: CampaignRow): ClaimTerms {
  return { unit, amount: BigInt(amount), priority, expiresAfterMs: expiry === null ? null : Number(expiry), appliesTo };
}

function termsToJson({ unit, amount, priority, expiresAfterMs, appliesTo }: ClaimTerms): TermsJson {
  return {
    unit,
    amount: amount.toString(),
    priority,
    ...(expiresAfterMs === null ? {} : { expires_after_ms: expiresAfterMs }),
    ...(appliesTo === null ? {} : { applies_to: appliesTo }),
  };
}

function termsFromJson({
  unit,
  amount,
  priority,
  expires_after_ms: expiry,
  applies_to: appliesTo,
}: TermsJson): ClaimTerms {
  return { unit, amount: BigInt(amount), priority, expiresAfterMs: expiry ?? null, appliesTo: appliesTo ?? null };
}
