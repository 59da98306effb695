import type { Queryable } from '../ledger/store/queryable.js';
import type { PlanDefinition } from './definition.js';

/** A plan, with the version that is sold. */
export interface StoredPlan {
  readonly id: string;
  readonly archivedAt: Date | null;
  /** Null, and so are the next two, where nothing was published yet. */
  readonly version: number | null;
  readonly publishedAt: Date | null;
  readonly definition: PlanDefinition | null;
  readonly draft: PlanDefinition | null;
  readonly draftSavedAt: Date | null;
}

export interface StoredVersion {
  readonly version: number;
  readonly publishedAt: Date;
  readonly publishedBy: string;
  readonly definition: PlanDefinition;
}

/** What may be seen: what is public and sold, what was ever published, or drafts too. */
export type Sight = 'public' | 'published' | 'all';

const LIST = `
SELECT p.id, p.archived_at AS "archivedAt", v.version, v.published_at AS "publishedAt", v.definition,
  p.draft, p.draft_saved_at AS "draftSavedAt"
FROM plans p LEFT JOIN LATERAL (
  SELECT version, published_at, definition FROM plan_versions WHERE plan = p.id ORDER BY version DESC LIMIT 1
) v ON true
WHERE p.id > $1 AND ($2 = 'all' OR v.version IS NOT NULL)
  AND ($2 <> 'public' OR (p.archived_at IS NULL AND (v.definition ->> 'public')::boolean))
ORDER BY p.id LIMIT $3`;
const FIND = `
SELECT p.id, p.archived_at AS "archivedAt", v.version, v.published_at AS "publishedAt", v.definition,
  p.draft, p.draft_saved_at AS "draftSavedAt"
FROM plans p LEFT JOIN LATERAL (
  SELECT version, published_at, definition FROM plan_versions WHERE plan = p.id ORDER BY version DESC LIMIT 1
) v ON true
WHERE p.id = $1`;
const LIST_VERSIONS = `
SELECT version, published_at AS "publishedAt", published_by AS "publishedBy", definition
FROM plan_versions WHERE plan = $1 AND version < $2 ORDER BY version DESC LIMIT $3`;
/** The plan and the one it falls back to, as they are sold at one moment. */
const FIND_WITH_FALLBACK = `
SELECT p.id, p.archived_at AS "archivedAt", v.version, v.definition
FROM plans p CROSS JOIN LATERAL (
  SELECT version, definition FROM plan_versions WHERE plan = p.id ORDER BY version DESC LIMIT 1
) v
WHERE p.id = $1 OR p.id = (
  SELECT definition ->> 'fallback' FROM plan_versions WHERE plan = $1 ORDER BY version DESC LIMIT 1
)`;

/** The catalogue as it is read. */
export class StoredPlans {
  constructor(private readonly database: Queryable) {}

  /** In the order of their ids, those after `after`. */
  async list(sight: Sight, after: string, limit: number): Promise<StoredPlan[]> {
    return (await this.database.query<StoredPlan>({ text: LIST, values: [after, sight, limit] })).rows;
  }

  async find(id: string): Promise<StoredPlan | undefined> {
    return (await this.database.query<StoredPlan>({ text: FIND, values: [id] })).rows[0];
  }

  /** Newest first, those before the version `before`. */
  async versions(id: string, before: number, limit: number): Promise<StoredVersion[]> {
    return (await this.database.query<StoredVersion>({ text: LIST_VERSIONS, values: [id, before, limit] })).rows;
  }

  async findWithFallback(id: string): Promise<SoldPlan[]> {
    return (await this.database.query<SoldPlan>({ text: FIND_WITH_FALLBACK, values: [id] })).rows;
  }
}

export interface SoldPlan {
  readonly id: string;
  readonly archivedAt: Date | null;
  readonly version: number;
  readonly definition: PlanDefinition;
}
