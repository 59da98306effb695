import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { key, newKey, pageOf } from '../answers.js';
import { Configuration } from '../configuration.js';
import { createKeyRequest } from '../requests/keys.js';
import { pagingQuery } from '../requests/lists.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** API keys: several may be in force at once, so that they can be rotated. */
@Controller('v1/keys')
export class KeysController {
  constructor(private readonly configuration: Configuration) {}

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
    sendAnswer(reply, 201, await this.configuration.createKey(request.caller, readBody(request)));
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
    sendAnswer(reply, 200, await this.configuration.listKeys(request.caller, request.query));
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
    sendAnswer(reply, 200, await this.configuration.revokeKey(request.caller, id));
  }
}
