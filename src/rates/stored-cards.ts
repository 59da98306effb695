import { Injectable } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import { LedgerError } from '../shared/ledger-error.js';
import type { CardDefinition } from './card-definition.js';

/** One version of a card, as the table has it. A draft has neither moment. */
export interface CardVersion {
  readonly card: string;
  readonly version: number;
  readonly definition: CardDefinition;
  readonly publishedAt: Date | null;
  readonly effectiveAt: Date | null;
}

/** Whose card. */
export interface AskedCard {
  readonly card: string;
  /** Of test mode, by whose clock it goes where it lives by one; null for the real time. */
  readonly account: string | null;
}

export interface InEffect {
  /** Null where no version is in effect. */
  readonly version: number | null;
  /** Whether any other card has a published version. */
  readonly amongOthers: boolean;
}

/** A card in a list. */
export interface CardSummary {
  readonly card: string;
  readonly name: string | null;
  /** The version that prices events now; null where none does yet. */
  readonly inEffect: number | null;
  readonly newest: number;
  readonly draft: number | null;
}

/** A version without its prices. */
export type VersionSummary = Omit<CardVersion, 'card' | 'definition'>;

/** Versions shown of a card, newest first. */
const MOST_VERSIONS_SHOWN = 100;

const COLUMNS = `card, version, definition, published_at AS "publishedAt", effective_at AS "effectiveAt"`;

/** The one with the latest moment that has come; of two with the same moment the newer. */
const IN_EFFECT = `
SELECT c.card, (
  SELECT version FROM rate_card_versions
  WHERE card = c.card AND published_at IS NOT NULL AND effective_at <= clock_timestamp()
  ORDER BY effective_at DESC, version DESC LIMIT 1) AS version,
  EXISTS (SELECT FROM rate_card_versions WHERE card <> c.card AND published_at IS NOT NULL) AS "amongOthers"
FROM unnest($1::text[]) AS c(card)`;
/**
 * As above by the now of each account. At a moment before all versions the first one counts that is in effect by the real
 * time: nothing can be published for a past that a test clock may stand in.
 */
const IN_EFFECT_BY_CLOCK = `
SELECT coalesce((
    SELECT version FROM rate_card_versions
    WHERE card = c.card AND published_at IS NOT NULL AND effective_at <= own.now
    ORDER BY effective_at DESC, version DESC LIMIT 1
  ), (
    SELECT version FROM rate_card_versions
    WHERE card = c.card AND published_at IS NOT NULL AND effective_at <= clock_timestamp()
    ORDER BY effective_at, version DESC LIMIT 1)) AS version,
  EXISTS (SELECT FROM rate_card_versions WHERE card <> c.card AND published_at IS NOT NULL) AS "amongOthers"
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS c(card, account, place)
CROSS JOIN LATERAL (
  SELECT coalesce((
    SELECT t.now_at FROM account_names n JOIN account_clocks k USING (account_no) JOIN test_clocks t ON t.id = k.clock
    WHERE n.mode = 'test' AND n.id = c.account), clock_timestamp()) AS now) own
ORDER BY c.place`;
const FIND_VERSION = `SELECT ${COLUMNS} FROM rate_card_versions WHERE card = $1 AND version = $2`;
const FIND_NEWEST = `SELECT ${COLUMNS} FROM rate_card_versions WHERE card = $1 ORDER BY version DESC LIMIT 1`;
const LIST_VERSIONS = `
SELECT version, published_at AS "publishedAt", effective_at AS "effectiveAt"
FROM rate_card_versions WHERE card = $1 ORDER BY version DESC LIMIT $2`;
const LIST = `
WITH cards AS (SELECT DISTINCT card FROM rate_card_versions WHERE card > $1 ORDER BY card LIMIT $2)
SELECT c.card, e.version AS "inEffect", n.version AS newest,
       CASE WHEN n.published_at IS NULL THEN n.version END AS draft,
       coalesce(e.definition, n.definition) ->> 'name' AS name
FROM cards c
LEFT JOIN LATERAL (
  SELECT version, definition FROM rate_card_versions
  WHERE card = c.card AND published_at IS NOT NULL AND effective_at <= clock_timestamp()
  ORDER BY effective_at DESC, version DESC LIMIT 1) e ON true
CROSS JOIN LATERAL (
  SELECT version, definition, published_at FROM rate_card_versions
  WHERE card = c.card ORDER BY version DESC LIMIT 1) n
ORDER BY c.card`;

/** Any number, for the versions of one card; drafts and publications of it wait for each other. */
const ONE_AT_A_TIME = `SELECT pg_advisory_xact_lock(1918989925, hashtext($1))`;
/** Moments of versions are whole milliseconds, so that an answer's may be sent again. */
const READ_CLOCK = `SELECT date_trunc('milliseconds', clock_timestamp()) AS now`;
/** What prices events at the moment asked for; null is now. */
const PUBLISHED_FOR = `
SELECT ${COLUMNS}, definition = $2::jsonb AS same
FROM rate_card_versions
WHERE card = $1 AND published_at IS NOT NULL
  AND CASE WHEN $3::timestamptz IS NULL THEN effective_at <= clock_timestamp() ELSE effective_at = $3 END
ORDER BY effective_at DESC, version DESC LIMIT 1`;
/** The draft there is, else the next version. */
const PUT = `
INSERT INTO rate_card_versions AS v (card, version, definition, published_at, effective_at)
SELECT $1, coalesce(
         (SELECT version FROM rate_card_versions WHERE card = $1 AND published_at IS NULL),
         (SELECT max(version) + 1 FROM rate_card_versions WHERE card = $1), 1),
       $2, $3, $4
ON CONFLICT (card, version) DO UPDATE SET
  definition = excluded.definition, published_at = excluded.published_at, effective_at = excluded.effective_at
RETURNING ${COLUMNS}`;

/** The table of rate cards. */
@Injectable()
export class StoredCards {
  constructor(private readonly pool: Pool) {}

  /** Which version of each of these cards prices events now, by the database's clock. */
  async inEffect(cards: readonly string[]): Promise<ReadonlyMap<string, InEffect>> {
    const values = [cards];
    const { rows } = await this.pool.query<InEffect & { card: string }>({
      name: 'rate-cards-in-effect',
      text: IN_EFFECT,
      values,
    });
    return new Map(rows.map(({ card, version, amongOthers }) => [card, { version, amongOthers }]));
  }

  /** As `inEffect`, by the clocks of accounts of test mode; one for each that is asked, in their order. */
  async inEffectByClock(asked: readonly AskedCard[]): Promise<InEffect[]> {
    const values = [asked.map(({ card }) => card), asked.map(({ account }) => account)];
    const { rows } = await this.pool.query<InEffect>({
      name: 'rate-cards-in-effect-by-clock',
      text: IN_EFFECT_BY_CLOCK,
      values,
    });
    return rows;
  }

  async version(card: string, version: number): Promise<CardVersion | undefined> {
    return (await this.pool.query<CardVersion>(FIND_VERSION, [card, version])).rows[0];
  }

  async newest(card: string): Promise<CardVersion | undefined> {
    return (await this.pool.query<CardVersion>(FIND_NEWEST, [card])).rows[0];
  }

  async versions(card: string): Promise<VersionSummary[]> {
    return (await this.pool.query<VersionSummary>(LIST_VERSIONS, [card, MOST_VERSIONS_SHOWN])).rows;
  }

  /** In the order of their ids, those after the id `after`. */
  async list(after: string, limit: number): Promise<CardSummary[]> {
    return (await this.pool.query<CardSummary>(LIST, [after, limit])).rows;
  }

  /** Makes the card's draft, or changes the one there is. */
  draft(card: string, definition: CardDefinition): Promise<CardVersion> {
    return this.alone(card, client => put(client, card, definition, null, null));
  }

  /**
   * Publishes a definition: the draft's version where there is a draft, else the next one. Where the same prices are
   * published for that moment already, they are answered as they stand, so that a publication may be sent again.
   * @param effectiveAt null for now
   * @throws LedgerError invalid_request where that moment has passed
   */
  publish(card: string, definition: CardDefinition, effectiveAt: Date | null): Promise<CardVersion> {
    return this.alone(card, async client => {
      const values = [card, JSON.stringify(definition), effectiveAt];
      const { rows } = await client.query<CardVersion & { same: boolean }>(PUBLISHED_FOR, values);
      const [published] = rows;
      if (published?.same === true) return published;
      const { now } = (await client.query<{ now: Date }>(READ_CLOCK)).rows[0]!;
      if (effectiveAt !== null && effectiveAt < now) throw tooLate();
      return put(client, card, definition, now, effectiveAt ?? now);
    });
  }

  private async alone<T>(card: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(ONE_AT_A_TIME, [card]);
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      const refused = error instanceof LedgerError;
      if (refused) await client.query('ROLLBACK').catch(() => {});
      client.release(!refused);
      throw error;
    }
  }
}

async function put(
  client: PoolClient,
  card: string,
  definition: CardDefinition,
  publishedAt: Date | null,
  effectiveAt: Date | null,
): Promise<CardVersion> {
  const values = [card, JSON.stringify(definition), publishedAt, effectiveAt];
  return (await client.query<CardVersion>(PUT, values)).rows[0]!;
}

function tooLate(): LedgerError {
  const message = 'has passed: prices are not changed afterwards; leave it out for now';
  return new LedgerError('invalid_request', `body.effective_at ${message}`, {
    errors: [{ location: 'body.effective_at', message }],
  });
}
