import { Controller, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf, unit } from '../answers.js';
import { Configuration } from '../configuration.js';
import { defineUnitRequest } from '../requests/define-unit.js';
import { pagingQuery } from '../requests/lists.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** What is counted; shared by live and test. */
@Controller('v1/units')
export class UnitsController {
  constructor(private readonly configuration: Configuration) {}

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
    sendAnswer(reply, 200, await this.configuration.listUnits(request.query));
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
    const { unit: name } = request.params as { unit: string };
    sendAnswer(reply, 200, await this.configuration.defineUnit(name, readBody(request)));
  }
}
