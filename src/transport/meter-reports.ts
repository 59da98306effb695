import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import { pageOf } from '../shared/page.js';
import { MeterReports, type NamedReport } from '../stripe/arrears/meter-reports.js';
import { decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { parseRequest } from './requests/parse-request.js';
import { decideMeterReportsRequest, meterReportsQuery } from './requests/stripe-inbox.js';

/** Calls of operators about what is billed later, of the mode of their key. */
@Injectable()
export class MeterReportCalls {
  constructor(private readonly reports: MeterReports) {}

  async list({ mode }: Caller, query: unknown): Promise<string> {
    const { limit, after, state, account = null } = parseRequest(meterReportsQuery, query, 'query');
    const beforeNo = after === undefined ? null : decodeNumberCursor('meter-reports', after);
    const states = state === undefined ? null : [state];
    const found = await this.reports.list({ mode, states, account, beforeNo }, limit + 1);
    return pageJson(
      'meter-reports',
      pageOf(
        found,
        limit,
        report => JSON.stringify(reportOf(report)),
        ({ no }) => no,
      ),
    );
  }

  async decide({ mode, keyId: actor }: Caller, body: unknown): Promise<string> {
    const { reports, decision, reason } = parseRequest(decideMeterReportsRequest, body, 'body');
    const decided = await this.reports.decide(reports, decision, { actor, mode, reason });
    return JSON.stringify({ reports: decided.map(({ id, words }) => ({ id, result: words })) });
  }
}

function reportOf(report: NamedReport) {
  const { id, mode, account, subscription, meter, unit, quantity, state, attempts, customer } = report;
  const { nextAttemptAt, lastError, usedAt, settledAt } = report;
  return {
    id,
    mode,
    account,
    subscription,
    meter,
    unit,
    quantity,
    state,
    attempts,
    next_attempt_at: nextAttemptAt,
    last_error: lastError,
    customer,
    used_at: usedAt,
    settled_at: settledAt,
  };
}
