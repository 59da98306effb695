import { Controller, Get, Post, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { account, balanceAnswer, check, mutation, pageOf } from '../answers.js';
import { Mutations } from '../mutations.js';
import { Reads } from '../reads.js';
import { configureRequest } from '../requests/configure.js';
import { balanceQuery, pagingQuery } from '../requests/lists.js';
import { reserveRequest } from '../requests/reserve.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'accounts';

/** Accounts as they are, and their settings. */
@Controller('v1/accounts')
export class AccountsController {
  constructor(
    private readonly mutations: Mutations,
    private readonly reads: Reads,
  ) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listAccounts',
      tag: TAG,
      summary: 'List accounts by id',
      scope: 'ledger:read',
      query: pagingQuery,
      status: 200,
      answer: pageOf(account, 'Account'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.reads.accounts(request.caller, request.query));
  }

  @Get(':account')
  @RouteConfig(
    called({
      id: 'getAccount',
      tag: TAG,
      summary: 'Read an account; one without entries reads as zeros',
      scope: 'ledger:read',
      status: 200,
      answer: account,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account: id } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.account(request.caller, id));
  }

  @Put(':account')
  @RouteConfig(
    called({
      id: 'configureAccount',
      tag: TAG,
      summary: 'Set overdraft limits and metadata',
      scope: 'ledger:write',
      body: configureRequest,
      refusals: ['unit_not_found', 'amount_too_large'],
      status: 200,
      answer: mutation,
    }),
  )
  async configure(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account: id } = request.params as { account: string };
    const answer = await this.mutations.configure(request.caller, id, readBody(request));
    sendAnswer(reply, 200, answer.body);
  }

  @Get(':account/balance')
  @RouteConfig(
    called({
      id: 'getBalance',
      tag: TAG,
      summary: 'Read balances, now or as of a moment',
      scope: 'ledger:read',
      query: balanceQuery,
      refusals: ['unit_not_found'],
      status: 200,
      answer: balanceAnswer,
    }),
  )
  async balance(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account: id } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.balance(request.caller, id, request.query));
  }

  @Post(':account/check')
  @RouteConfig(
    called({
      id: 'check',
      tag: 'reservations',
      summary: 'Ask whether a reservation would be granted, without holding anything',
      scope: 'ledger:read',
      body: reserveRequest,
      refusals: ['unit_not_found', 'meter_not_found', 'amount_too_large'],
      status: 200,
      answer: check,
    }),
  )
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account: id } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.check(request.caller, id, readBody(request)));
  }
}
