import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import { PlanCatalogue } from '../plans/plan-catalogue.js';
import { PlanChanges, planNotFound } from '../plans/plan-changes.js';
import { PublicPlans } from '../plans/public-plans.js';
import type { Sight, StoredPlan, StoredVersion } from '../plans/stored-plans.js';
import { pageOf } from '../shared/page.js';
import { decodeCursor, decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import { definePlanRequest, planId } from './requests/plans.js';

/** Calls about the catalogue, read and answered the same way for every transport, as JSON. */
@Injectable()
export class PlanCalls {
  constructor(
    private readonly catalogue: PlanCatalogue,
    private readonly changes: PlanChanges,
    private readonly publicPlans: PublicPlans,
  ) {}

  async define(caller: Caller, plan: unknown, body: unknown): Promise<string> {
    const id = parseRequest(planId, plan, 'path.plan');
    const { publish, ...given } = parseRequest(definePlanRequest, body, 'body');
    const [defined] = await this.changes.apply(caller.keyId, [{ id, given, publish, part: 'body' }]);
    return planJson(defined!, 'all');
  }

  async archive(caller: Caller, plan: string): Promise<string> {
    return planJson(await this.changes.archive(plan, caller), 'all');
  }

  /** @param caller undefined for somebody without a key */
  async get(caller: Caller | undefined, plan: string): Promise<string> {
    const sight = sightOf(caller);
    if (sight !== 'public') return planJson(await this.catalogue.get(plan, sight), sight);
    const found = (await this.publicPlans.all()).find(({ id }) => id === plan);
    if (found === undefined) throw planNotFound(plan);
    return planJson(found, sight);
  }

  /** @param caller undefined for somebody without a key */
  async list(caller: Caller | undefined, query: unknown): Promise<string> {
    const { limit, after: cursor } = parseRequest(pagingQuery, query, 'query');
    const after = decodeCursor('plans', cursor) ?? '';
    const sight = sightOf(caller);
    const found =
      sight === 'public'
        ? (await this.publicPlans.all()).filter(({ id }) => id > after).slice(0, limit + 1)
        : await this.catalogue.list(sight, after, limit + 1);
    const page = pageOf(
      found,
      limit,
      plan => planJson(plan, sight),
      ({ id }) => id,
    );
    return pageJson('plans', page);
  }

  async versions(plan: string, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    // What the database counts versions with.
    const before = Math.min(decodeNumberCursor('plan-versions', after), 2 ** 31 - 1);
    const found = await this.catalogue.versions(plan, before, limit + 1);
    return pageJson(
      'plan-versions',
      pageOf(found, limit, versionJson, ({ version }) => version),
    );
  }
}

/** A page that sells reads without a key, a product with one, and whoever writes plans sees what is not sold yet. */
function sightOf(caller: Caller | undefined): Sight {
  if (caller?.scopes.includes('config:write')) return 'all';
  return caller?.scopes.includes('ledger:read') ? 'published' : 'public';
}

function planJson({ id, version, publishedAt, archivedAt, definition, draft, draftSavedAt }: StoredPlan, sight: Sight) {
  return JSON.stringify({
    id,
    version,
    published_at: publishedAt,
    archived_at: archivedAt,
    definition,
    ...(sight === 'all' && { draft, draft_saved_at: draftSavedAt }),
  });
}

function versionJson({ version, publishedAt, publishedBy, definition }: StoredVersion): string {
  return JSON.stringify({ version, published_at: publishedAt, published_by: publishedBy, definition });
}
