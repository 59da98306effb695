import { Injectable } from '@nestjs/common';
import { ApiKeys } from '../keys/api-keys.js';
import type { Caller } from '../keys/authenticator.js';
import type { StoredKey } from '../keys/stored-keys.js';
import { pageOf } from '../shared/page.js';
import { UnitRegistry, type Unit } from '../units/unit-registry.js';
import { decodeCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { defineUnitRequest } from './requests/define-unit.js';
import { unitName } from './requests/fields.js';
import { createKeyRequest } from './requests/keys.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';

/** Calls about units and API keys, read and answered the same way for every transport, as JSON. */
@Injectable()
export class Configuration {
  constructor(
    private readonly units: UnitRegistry,
    private readonly keys: ApiKeys,
  ) {}

  async defineUnit(unit: unknown, body: unknown): Promise<string> {
    const name = parseRequest(unitName, unit, 'path.unit');
    const { kind, scale } = parseRequest(defineUnitRequest, body, 'body');
    return unitJson(await this.units.define(name, kind, scale));
  }

  async listUnits(query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.units.list(decodeCursor('units', after) ?? '', limit + 1);
    return pageJson(
      'units',
      pageOf(found, limit, unitJson, ({ unit }) => unit),
    );
  }

  async createKey(caller: Caller, body: unknown): Promise<string> {
    const request = parseRequest(createKeyRequest, body, 'body');
    const { rate_limit_per_second: rateLimitPerSecond = null, ...terms } = request;
    const made = await this.keys.create(caller, { ...terms, rateLimitPerSecond });
    return JSON.stringify({ ...publicPart(made), secret: made.secret });
  }

  async listKeys(caller: Caller, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.keys.list(caller, decodeCursor('keys', after) ?? '', limit + 1);
    return pageJson(
      'keys',
      pageOf(found, limit, keyJson, ({ id }) => id),
    );
  }

  async revokeKey(caller: Caller, id: string): Promise<string> {
    return keyJson(await this.keys.revoke(caller, id));
  }
}

function unitJson({ unit, kind, scale, inUse }: Unit): string {
  return JSON.stringify({ unit, kind, scale, in_use: inUse });
}

function publicPart({ id, name, mode, scopes, rateLimitPerSecond, prefix, createdAt }: StoredKey) {
  return { id, name, mode, scopes, rate_limit_per_second: rateLimitPerSecond, prefix, created_at: createdAt };
}

function keyJson(stored: StoredKey): string {
  return JSON.stringify({ ...publicPart(stored), revoked_at: stored.revokedAt });
}
