import { Controller, Get, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GetAccount } from '../../accounts/get-account.js';
import { ListAccounts } from '../../accounts/list-accounts.js';
import { GetBalance } from '../../balances/get-balance.js';
import type { Target } from '../../ledger/submission.js';
import { CheckReservation } from '../../reservations/check-reservation.js';
import { Amounts } from '../../units/amounts.js';
import { account, balanceAnswer, check, mutation, pageOf } from '../answers.js';
import { decodeCursor } from '../cursor.js';
import { configureAccount, configureRequest } from '../requests/configure.js';
import { balanceQuery, pagingQuery } from '../requests/lists.js';
import { parseRequest } from '../requests/parse-request.js';
import { reserveRequest, reserveTerms } from '../requests/reserve.js';
import { spendAmounts } from '../requests/spend.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { readTarget } from './read-target.js';
import { sendAnswer } from './send-answer.js';
import { sendPage } from './send-page.js';

const TAG = 'accounts';

/** Accounts as they are, and their settings. */
@Controller('v1/accounts')
export class AccountsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly amounts: Amounts,
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
    const { limit, after } = parseRequest(pagingQuery, request.query, 'query');
    const afterId = decodeCursor('accounts', after) ?? '';
    const page = await this.queries.execute(new ListAccounts(request.caller.mode, afterId, limit));
    sendPage(reply, 'accounts', page);
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
    sendAnswer(reply, 200, await this.queries.execute(new GetAccount(readTarget(request))));
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
    const target = readTarget(request);
    const body = parseRequest(configureRequest, readBody(request), 'body');
    const answer = await this.commands.execute(await configureAccount(body, target, this.amounts));
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
    const target = readTarget(request);
    const { unit, as_of: asOf } = parseRequest(balanceQuery, request.query, 'query');
    sendAnswer(reply, 200, await this.queries.execute(new GetBalance(target, unit ?? null, asOf ?? null)));
  }

  @Post(':account/check')
  @RouteConfig(
    called({
      id: 'check',
      tag: 'reservations',
      summary: 'Ask whether a reservation would be granted, without holding anything',
      scope: 'ledger:read',
      body: reserveRequest,
      refusals: ['unit_not_found', 'amount_too_large'],
      status: 200,
      answer: check,
    }),
  )
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const target: Target = readTarget(request);
    const body = parseRequest(reserveRequest, readBody(request), 'body');
    const read = await this.amounts.read(spendAmounts(body, 'body'));
    const answer = await this.queries.execute(
      new CheckReservation(target, reserveTerms(body, read), this.amounts.unfixed(read)),
    );
    sendAnswer(reply, 200, answer);
  }
}
