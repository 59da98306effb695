import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { plan, planVersion } from '../plan-answers.js';
import { PlanCalls } from '../plans.js';
import { pagingQuery } from '../requests/lists.js';
import { definePlanRequest } from '../requests/plans.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'plans';
const WHO_SEES_WHAT =
  'Without a key: what is public and sold. With `ledger:read`: all that was ever published. With `config:write`: drafts too.';

/** What is sold; shared by live and test. */
@Controller('v1/plans')
export class PlansController {
  constructor(private readonly calls: PlanCalls) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listPlans',
      tag: TAG,
      summary: 'List plans by id, as a pricing page needs them',
      description: WHO_SEES_WHAT,
      scope: null,
      keyOptional: true,
      query: pagingQuery,
      refusals: ['invalid_request'],
      status: 200,
      answer: pageOf(plan, 'Plan'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { caller } = request as Partial<FastifyRequest>;
    sendToPages(reply, await this.calls.list(caller, request.query));
  }

  @Get(':plan')
  @RouteConfig(
    called({
      id: 'getPlan',
      tag: TAG,
      summary: 'Read a plan',
      description: WHO_SEES_WHAT,
      scope: null,
      keyOptional: true,
      refusals: ['plan_not_found'],
      status: 200,
      answer: plan,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { plan: id } = request.params as { plan: string };
    const { caller } = request as Partial<FastifyRequest>;
    sendToPages(reply, await this.calls.get(caller, id));
  }

  @Get(':plan/versions')
  @RouteConfig(
    called({
      id: 'listPlanVersions',
      tag: TAG,
      summary: 'List what was ever published of a plan, newest first',
      scope: 'config:write',
      query: pagingQuery,
      refusals: ['plan_not_found'],
      status: 200,
      answer: pageOf(planVersion, 'PlanVersion'),
    }),
  )
  async versions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { plan: id } = request.params as { plan: string };
    sendAnswer(reply, 200, await this.calls.versions(id, request.query));
  }

  @Put(':plan')
  @RouteConfig(
    called({
      id: 'definePlan',
      tag: TAG,
      summary: 'Save a draft of a plan, or publish its next version',
      description:
        'What is published never changes: whoever subscribed keeps the version they have. Publishing what the newest ' +
        'version says already makes none; publishing an archived plan sells it again.',
      scope: 'config:write',
      body: definePlanRequest,
      refusals: ['too_many_plans'],
      status: 200,
      answer: plan,
    }),
  )
  async define(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { plan: id } = request.params as { plan: string };
    sendAnswer(reply, 200, await this.calls.define(request.caller, id, readBody(request)));
  }

  @Delete(':plan')
  @RouteConfig(
    called({
      id: 'archivePlan',
      tag: TAG,
      summary: 'End the sale of a plan; whoever has it keeps it',
      scope: 'config:write',
      refusals: ['plan_not_found', 'plan_in_use'],
      status: 200,
      answer: plan,
    }),
  )
  async archive(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { plan: id } = request.params as { plan: string };
    sendAnswer(reply, 200, await this.calls.archive(request.caller, id));
  }
}

/** Also to the script of a page from elsewhere: what it may read without a key, anybody may. */
function sendToPages(reply: FastifyReply, json: string): void {
  void reply.header('access-control-allow-origin', '*');
  sendAnswer(reply, 200, json);
}
