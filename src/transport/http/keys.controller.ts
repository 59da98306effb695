import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiKeys } from '../../keys/api-keys.js';
import type { StoredKey } from '../../keys/stored-keys.js';
import { pageOf as pageOfFound } from '../../shared/page.js';
import { key, newKey, pageOf } from '../answers.js';
import { decodeCursor } from '../cursor.js';
import { createKeyRequest } from '../requests/keys.js';
import { pagingQuery } from '../requests/lists.js';
import { parseRequest } from '../requests/parse-request.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';
import { sendPage } from './send-page.js';

/** API keys: several may be in force at once, so that they can be rotated. */
@Controller('v1/keys')
export class KeysController {
  constructor(private readonly keys: ApiKeys) {}

  @Post()
  @RouteConfig(
    called({
      id: 'createKey',
      tag: 'keys',
      summary: 'Make an API key; its secret is shown this once',
      scope: 'keys:write',
      body: createKeyRequest,
      status: 201,
      answer: newKey,
    }),
  )
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { rate_limit_per_second: rateLimitPerSecond = null, ...terms } = parseRequest(
      createKeyRequest,
      readBody(request),
      'body',
    );
    const made = await this.keys.create(request.caller, { ...terms, rateLimitPerSecond });
    sendAnswer(reply, 201, JSON.stringify({ ...publicPart(made), secret: made.secret }));
  }

  @Get()
  @RouteConfig(
    called({
      id: 'listKeys',
      tag: 'keys',
      summary: 'List API keys by id, those revoked included; never their secrets',
      scope: 'keys:write',
      query: pagingQuery,
      status: 200,
      answer: pageOf(key, 'Key'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limit, after } = parseRequest(pagingQuery, request.query, 'query');
    const found = await this.keys.list(request.caller, decodeCursor('keys', after) ?? '', limit + 1);
    sendPage(
      reply,
      'keys',
      pageOfFound(found, limit, keyJson, ({ id }) => id),
    );
  }

  @Delete(':id')
  @RouteConfig(
    called({
      id: 'revokeKey',
      tag: 'keys',
      summary: 'Revoke an API key, at once and everywhere',
      scope: 'keys:write',
      refusals: ['key_not_found'],
      status: 200,
      answer: key,
    }),
  )
  async revoke(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 200, keyJson(await this.keys.revoke(request.caller, id)));
  }
}

function publicPart({ id, name, mode, scopes, rateLimitPerSecond, prefix, createdAt }: StoredKey) {
  return { id, name, mode, scopes, rate_limit_per_second: rateLimitPerSecond, prefix, created_at: createdAt };
}

function keyJson(stored: StoredKey): string {
  return JSON.stringify({ ...publicPart(stored), revoked_at: stored.revokedAt });
}
