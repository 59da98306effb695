import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { run } from '../operation-answers.js';
import { explanation } from '../report-answers.js';
import { pagingQuery } from '../requests/lists.js';
import { endRunRequest, opsExplainQuery, rebuildRequest, verifyRequest } from '../requests/runs.js';
import { RunCalls } from '../runs.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** Replay as an operation. A key sees and touches what is of its own mode. */
@Controller('v1/ops')
export class RunsController {
  constructor(private readonly calls: RunCalls) {}

  @Post('verify')
  @RouteConfig(
    called({
      id: 'verifyLedger',
      tag: 'operations',
      summary: 'Fold every entry under every rule and compare all that is derived from them',
      description: 'Answers at once; a worker does it, in turn with other runs. Changes nothing.',
      scope: 'ops',
      body: verifyRequest,
      refusals: ['not_found', 'too_many_runs'],
      status: 202,
      answer: run,
    }),
  )
  async verify(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 202, await this.calls.verify(request.caller, readBody(request)));
  }

  @Post('rebuild')
  @RouteConfig(
    called({
      id: 'rebuildProjections',
      tag: 'operations',
      summary: 'Put what the entries say in the place of rows that differ, while the service goes on',
      description:
        'A dry run unless `dry_run` is false. Answers at once; a worker does it, account by account, and whoever takes ' +
        'over after a kill goes on where it was. Entries, keys and facts are never changed; nothing is sent to anybody.',
      scope: 'ops',
      body: rebuildRequest,
      refusals: ['not_found', 'too_many_runs'],
      status: 202,
      answer: run,
    }),
  )
  async rebuild(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 202, await this.calls.rebuild(request.caller, readBody(request)));
  }

  @Get('runs')
  @RouteConfig(
    called({
      id: 'listRuns',
      tag: 'operations',
      summary: 'List every use of an ops call, newest first: who, what, why, and what came of it',
      scope: 'ops',
      query: pagingQuery,
      status: 200,
      answer: pageOf(run, 'Run'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, request.query));
  }

  @Get('runs/:id')
  @RouteConfig(
    called({
      id: 'getRun',
      tag: 'operations',
      summary: 'Read how far a run is, what it found, and what came of it',
      scope: 'ops',
      refusals: ['run_not_found'],
      status: 200,
      answer: run,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 200, await this.calls.get(request.caller, id));
  }

  @Post('runs/:id/cancel')
  @RouteConfig(
    called({
      id: 'cancelRun',
      tag: 'operations',
      summary: 'End a run where it is; what it has rebuilt stays rebuilt',
      scope: 'ops',
      body: endRunRequest,
      refusals: ['run_not_found', 'run_over'],
      status: 202,
      answer: run,
    }),
  )
  async cancel(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 202, await this.calls.cancel(request.caller, id, readBody(request)));
  }

  @Post('runs/:id/resume')
  @RouteConfig(
    called({
      id: 'resumeRun',
      tag: 'operations',
      summary: 'Go on with a run that failed or was cancelled, where it was',
      scope: 'ops',
      body: endRunRequest,
      refusals: ['run_not_found', 'run_over'],
      status: 202,
      answer: run,
    }),
  )
  async resume(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 202, await this.calls.resume(request.caller, id, readBody(request)));
  }

  @Get('explain')
  @RouteConfig(
    called({
      id: 'explainForOps',
      tag: 'operations',
      summary: 'As explainAccount, on record with who asked and why',
      scope: 'ops',
      query: opsExplainQuery,
      refusals: ['unit_not_found'],
      status: 200,
      answer: explanation,
    }),
  )
  async explain(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.explain(request.caller, request.query));
  }
}
