import { Controller, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf as pageOfFound } from '../../shared/page.js';
import { UnitRegistry, type Unit } from '../../units/unit-registry.js';
import { pageOf, unit } from '../answers.js';
import { decodeCursor } from '../cursor.js';
import { defineUnitRequest } from '../requests/define-unit.js';
import { unitName } from '../requests/fields.js';
import { pagingQuery } from '../requests/lists.js';
import { parseRequest } from '../requests/parse-request.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';
import { sendPage } from './send-page.js';

/** What is counted; shared by live and test. */
@Controller('v1/units')
export class UnitsController {
  constructor(private readonly units: UnitRegistry) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listUnits',
      tag: 'units',
      summary: 'List units by name',
      scope: 'ledger:read',
      query: pagingQuery,
      status: 200,
      answer: pageOf(unit, 'Unit'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limit, after } = parseRequest(pagingQuery, request.query, 'query');
    const found = await this.units.list(decodeCursor('units', after) ?? '', limit + 1);
    sendPage(
      reply,
      'units',
      pageOfFound(found, limit, unitJson, ({ unit: name }) => name),
    );
  }

  @Put(':unit')
  @RouteConfig(
    called({
      id: 'defineUnit',
      tag: 'units',
      summary: 'Define a unit; kind and scale of one in use never change',
      scope: 'config:write',
      body: defineUnitRequest,
      refusals: ['unit_in_use'],
      status: 200,
      answer: unit,
    }),
  )
  async define(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = parseRequest(unitName, (request.params as { unit: string }).unit, 'path.unit');
    const { kind, scale } = parseRequest(defineUnitRequest, readBody(request), 'body');
    sendAnswer(reply, 200, unitJson(await this.units.define(name, kind, scale)));
  }
}

function unitJson({ unit: name, kind, scale, inUse }: Unit): string {
  return JSON.stringify({ unit: name, kind, scale, in_use: inUse });
}
