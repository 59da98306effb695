import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../../ledger/submission.js';
import { pageOf } from '../answers.js';
import { pagingQuery } from '../requests/lists.js';
import { advanceClockRequest, createClockRequest } from '../requests/test-clocks.js';
import { testClock } from '../test-clock-answers.js';
import { TestClockCalls, type GivenKey } from '../test-clocks.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** What every one of these calls has. */
const ABOUT_CLOCKS = { tag: 'test clocks', scope: 'config:write', testOnly: true } as const;

/** Clocks that accounts of test keys live by. */
@Controller('v1/test-clocks')
export class TestClocksController {
  constructor(private readonly calls: TestClockCalls) {}

  @Post()
  @RouteConfig(
    called({
      ...ABOUT_CLOCKS,
      id: 'createTestClock',
      summary: 'Make a clock that stands until it is moved; test keys only',
      body: createClockRequest,
      keyed: true,
      status: 201,
      answer: testClock,
    }),
  )
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, 201, await this.calls.create(readBody(request), keyOf(request)));
  }

  @Get()
  @RouteConfig(
    called({
      ...ABOUT_CLOCKS,
      id: 'listTestClocks',
      summary: 'List clocks in the order in which they were made',
      query: pagingQuery,
      status: 200,
      answer: pageOf(testClock, 'TestClock'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.query));
  }

  @Get(':id')
  @RouteConfig(
    called({
      ...ABOUT_CLOCKS,
      id: 'getTestClock',
      summary: 'Read a clock: its now, and whether it is on its way',
      refusals: ['test_clock_not_found'],
      status: 200,
      answer: testClock,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.get(idOf(request)));
  }

  @Post(':id/advance')
  @RouteConfig(
    called({
      ...ABOUT_CLOCKS,
      id: 'advanceTestClock',
      summary: 'Move a clock forward, and let time do on the way what it does to the accounts that live by it',
      description:
        'Answers when it is there. A way of many boundaries may be longer than the call: then `status` is `advancing`, ' +
        'it goes on by itself, and the same call waits for it again.',
      body: advanceClockRequest,
      refusals: ['test_clock_not_found', 'test_clock_advancing'],
      keyed: true,
      status: 200,
      answer: testClock,
    }),
  )
  async advance(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, 200, await this.calls.advance(idOf(request), readBody(request), keyOf(request)));
  }
}

function send(reply: FastifyReply, status: number, { body, replayed }: Answer): void {
  if (replayed) void reply.header('idempotency-replayed', 'true');
  sendAnswer(reply, status, body);
}

function keyOf(request: FastifyRequest): GivenKey {
  return { key: request.headers['idempotency-key'] as string | undefined, keyLocation: 'header.Idempotency-Key' };
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}
