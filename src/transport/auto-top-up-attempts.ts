import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import { pageOf } from '../shared/page.js';
import { ListAttempts, type ListedAttempt } from '../stripe/auto-top-ups/list-attempts.js';
import { decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { parseRequest } from './requests/parse-request.js';
import { autoTopUpAttemptsQuery } from './requests/stripe-inbox.js';

const LIST = 'auto-top-up-attempts';

/** What operators see of automatic top-ups, of the mode of their key. */
@Injectable()
export class AutoTopUpAttemptCalls {
  constructor(private readonly attempts: ListAttempts) {}

  async list({ mode }: Caller, query: unknown): Promise<string> {
    const { limit, after, state, account = null } = parseRequest(autoTopUpAttemptsQuery, query, 'query');
    const beforeNo = after === undefined ? null : decodeNumberCursor(LIST, after);
    const states = state === undefined ? null : [state];
    const found = await this.attempts.list({ mode, states, account, beforeNo }, limit + 1);
    const page = pageOf(
      found,
      limit,
      attempt => JSON.stringify(attemptOf(attempt)),
      ({ no }) => no,
    );
    return pageJson(LIST, page);
  }
}

function attemptOf(attempt: ListedAttempt) {
  const { id, mode, account, pack, amount, currency, state, payment, code, declineCode, message } = attempt;
  const { createdAt, settledAt } = attempt;
  return {
    id,
    mode,
    account,
    pack,
    price: { amount, currency },
    state,
    payment,
    code,
    decline_code: declineCode,
    message,
    created_at: createdAt,
    settled_at: settledAt,
  };
}
