import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AlertRuleCalls } from '../alert-rules.js';
import { pageOf } from '../answers.js';
import { alertRule } from '../webhook-answers.js';
import { alertRuleRequest } from '../requests/alert-rules.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** What every one of these calls has. */
const ABOUT_RULES = { tag: 'alerts', scope: 'config:write', status: 200 } as const;
const ABOUT_ONE = { ...ABOUT_RULES, refusals: ['alert_rule_not_found'], answer: alertRule } as const;
const PUTTING = {
  ...ABOUT_RULES,
  body: alertRuleRequest,
  refusals: ['unit_not_found', 'too_many_alert_rules'],
  answer: alertRule,
} as const;
const READING = { scope: 'ledger:read' } as const;

/** When to tell: rules for all accounts of the key's mode, and an account's own. */
@Controller('v1')
export class AlertRulesController {
  constructor(private readonly calls: AlertRuleCalls) {}

  @Get('alert-rules')
  @RouteConfig(
    called({
      ...ABOUT_RULES,
      ...READING,
      id: 'listAlertRules',
      summary: 'List the rules for all accounts by name',
      answer: pageOf(alertRule, 'AlertRule'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, undefined));
  }

  @Get('alert-rules/:rule')
  @RouteConfig(called({ ...ABOUT_ONE, ...READING, id: 'getAlertRule', summary: 'Read a rule for all accounts' }))
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.get(request.caller, undefined, namesIn(request).rule));
  }

  @Put('alert-rules/:rule')
  @RouteConfig(called({ ...PUTTING, id: 'putAlertRule', summary: 'Make or change a rule for all accounts' }))
  async put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.put(request.caller, undefined, namesIn(request).rule, readBody(request)));
  }

  @Delete('alert-rules/:rule')
  @RouteConfig(called({ ...ABOUT_ONE, id: 'deleteAlertRule', summary: 'Delete a rule for all accounts' }))
  async delete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.delete(request.caller, undefined, namesIn(request).rule));
  }

  @Get('accounts/:account/alert-rules')
  @RouteConfig(
    called({
      ...ABOUT_RULES,
      ...READING,
      id: 'listOwnAlertRules',
      summary: "List an account's own rules by name",
      answer: pageOf(alertRule, 'AlertRule'),
    }),
  )
  async listOwn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, namesIn(request).account));
  }

  @Get('accounts/:account/alert-rules/:rule')
  @RouteConfig(called({ ...ABOUT_ONE, ...READING, id: 'getOwnAlertRule', summary: "Read an account's own rule" }))
  async getOwn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, rule } = namesIn(request);
    sendAnswer(reply, 200, await this.calls.get(request.caller, account, rule));
  }

  @Put('accounts/:account/alert-rules/:rule')
  @RouteConfig(
    called({
      ...PUTTING,
      id: 'putOwnAlertRule',
      summary: "Make or change an account's own rule, which comes before the one of this name for all accounts",
    }),
  )
  async putOwn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, rule } = namesIn(request);
    sendAnswer(reply, 200, await this.calls.put(request.caller, account, rule, readBody(request)));
  }

  @Delete('accounts/:account/alert-rules/:rule')
  @RouteConfig(called({ ...ABOUT_ONE, id: 'deleteOwnAlertRule', summary: "Delete an account's own rule" }))
  async deleteOwn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, rule } = namesIn(request);
    sendAnswer(reply, 200, await this.calls.delete(request.caller, account, rule));
  }
}

function namesIn(request: FastifyRequest): { readonly account: string; readonly rule: string } {
  return request.params as { account: string; rule: string };
}
