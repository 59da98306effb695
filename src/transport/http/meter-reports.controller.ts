import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { MeterReportCalls } from '../meter-reports.js';
import { decideMeterReportsRequest, meterReportsQuery } from '../requests/stripe-inbox.js';
import { decidedReports, meterReport } from '../top-up-answers.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const ABOUT_USAGE = { tag: 'operations', scope: 'ops', status: 200 } as const;

/** What is reported to meters of Stripe. A key sees what is of its own mode. */
@Controller('v1/ops/stripe/usage')
export class MeterReportsController {
  constructor(private readonly calls: MeterReportCalls) {}

  @Get()
  @RouteConfig(
    called({
      ...ABOUT_USAGE,
      id: 'listMeterReports',
      summary: 'List what is billed later and what came of its reports, the latest first',
      query: meterReportsQuery,
      answer: pageOf(meterReport, 'MeterReport'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, request.query));
  }

  @Post('decide')
  @RouteConfig(
    called({
      ...ABOUT_USAGE,
      id: 'decideMeterReports',
      summary: 'Report usage again that could not be reported, or note that Stripe has it',
      description: 'What is reported stays so. All of them or none.',
      body: decideMeterReportsRequest,
      refusals: ['meter_report_not_found'],
      answer: decidedReports,
    }),
  )
  async decide(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.decide(request.caller, readBody(request)));
  }
}
