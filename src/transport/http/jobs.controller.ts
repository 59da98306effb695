import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Runs } from '../../runs/runs.js';
import { DeadLetters, type DeadLetter } from '../../workers/dead-letters.js';
import { JobRuns, type LastRun } from '../../workers/job-runs.js';
import { pageOf as pageOfFound } from '../../shared/page.js';
import { pageOf } from '../answers.js';
import { deadLetter, jobRun, retriedJob } from '../operation-answers.js';
import { decodeCountCursor } from '../cursor.js';
import { pageJson } from '../page-json.js';
import { pagingQuery } from '../requests/lists.js';
import { parseRequest } from '../requests/parse-request.js';
import { endRunRequest } from '../requests/runs.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** What runs in the background, and what of it failed. Of the whole service, so for live keys only. */
@Controller('v1/ops/jobs')
export class JobsController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly runs: JobRuns,
    private readonly uses: Runs,
  ) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listDeadJobs',
      tag: 'operations',
      summary: 'List jobs that failed as often as they may be tried, the latest first',
      scope: 'ops',
      liveOnly: true,
      query: pagingQuery,
      status: 200,
      answer: pageOf(deadLetter, 'DeadJob'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limit, after } = parseRequest(pagingQuery, request.query, 'query');
    const skip = decodeCountCursor('jobs', after);
    const found = await this.letters.list(skip, limit + 1);
    const page = pageOfFound(found, limit, letterJson, () => skip + limit);
    sendAnswer(reply, 200, pageJson('jobs', page));
  }

  @Get('recurring')
  @RouteConfig(
    called({
      id: 'listRecurringJobs',
      tag: 'operations',
      summary: 'Tell when each recurring job ran last, and how it went',
      scope: 'ops',
      liveOnly: true,
      status: 200,
      answer: pageOf(jobRun, 'JobRun'),
    }),
  )
  async recurring(@Res() reply: FastifyReply): Promise<void> {
    const items = (await this.runs.last()).map(runJson);
    sendAnswer(reply, 200, pageJson('recurring', { items, next: null }));
  }

  @Post(':id/retry')
  @RouteConfig(
    called({
      id: 'retryDeadJob',
      tag: 'operations',
      summary: 'Try a job again that had failed for good',
      scope: 'ops',
      liveOnly: true,
      body: endRunRequest,
      refusals: ['job_not_found'],
      status: 200,
      answer: retriedJob,
    }),
  )
  async retry(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    const { reason } = parseRequest(endRunRequest, readBody(request), 'body');
    await this.letters.mustExist(id);
    await this.uses.record(request.caller, 'jobs.retry', { job: id }, reason);
    await this.letters.retry(id);
    sendAnswer(reply, 200, JSON.stringify({ id, status: 'waiting' }));
  }
}

function letterJson({ id, name, item, attempts, error, createdAt, failedAt }: DeadLetter): string {
  return JSON.stringify({ id, name, item, attempts, error, created_at: createdAt, failed_at: failedAt });
}

function runJson({ name, startedAt, succeededAt, failures, lastError }: LastRun): string {
  return JSON.stringify({ name, started_at: startedAt, succeeded_at: succeededAt, failures, last_error: lastError });
}
