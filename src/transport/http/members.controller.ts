import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { memberAnswer, memberMutation, membersPage } from '../member-answers.js';
import { MemberCalls } from '../members.js';
import { membersQuery, setMemberRequest } from '../requests/members.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'members';

interface Path {
  readonly account: string;
  readonly member: string;
}

/** Who spends of accounts, and how much each may. */
@Controller('v1/accounts/:account/members')
export class MembersController {
  constructor(private readonly calls: MemberCalls) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listMembers',
      tag: TAG,
      summary: 'List the members of an account by id, with what is used of their budgets',
      scope: 'ledger:read',
      query: membersQuery,
      status: 200,
      answer: membersPage,
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as Path;
    sendAnswer(reply, 200, await this.calls.list(request.caller, account, request.query));
  }

  @Put(':member')
  @RouteConfig(
    called({
      id: 'putMember',
      tag: TAG,
      summary: 'Put a member on record: who is above it, and its budgets',
      scope: 'ledger:write',
      body: setMemberRequest,
      refusals: ['member_not_found', 'unit_not_found', 'too_many_members', 'amount_too_large'],
      status: 200,
      answer: memberMutation,
    }),
  )
  async put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, member } = request.params as Path;
    sendAnswer(reply, 200, (await this.calls.set(request.caller, account, member, readBody(request))).body);
  }

  @Get(':member')
  @RouteConfig(
    called({
      id: 'getMember',
      tag: TAG,
      summary: 'Read a member: what is used of its budgets, and when they begin anew',
      scope: 'ledger:read',
      refusals: ['member_not_found'],
      status: 200,
      answer: memberAnswer,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, member } = request.params as Path;
    sendAnswer(reply, 200, await this.calls.get(request.caller, account, member));
  }

  @Delete(':member')
  @RouteConfig(
    called({
      id: 'removeMember',
      tag: TAG,
      summary: 'Take a member off the record; what it spent stays',
      scope: 'ledger:write',
      refusals: ['member_not_found', 'member_in_use'],
      status: 200,
      answer: memberMutation,
    }),
  )
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, member } = request.params as Path;
    sendAnswer(reply, 200, (await this.calls.remove(request.caller, account, member)).body);
  }
}
