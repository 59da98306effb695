import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { formatMoment } from '../shared/moment.js';
import type { Attempt } from '../stripe/auto-top-ups/attempt.js';
import { AutoTopUps, type AutoTopUp } from '../stripe/auto-top-ups/auto-top-ups.js';
import type { Purchase } from '../stripe/auto-top-ups/policy.js';
import { mainUnit } from '../stripe/payments/money.js';
import { targetOf, type Asker } from './asker.js';
import type { autoTopUp } from './auto-top-up-answers.js';
import { autoTopUpRequest, wantedPolicy } from './requests/auto-top-ups.js';
import { parseRequest } from './requests/parse-request.js';

type Answer = z.output<typeof autoTopUp>;

/** Calls about credits that are bought by themselves, read and answered the same way for every transport, as JSON. */
@Injectable()
export class AutoTopUpCalls {
  constructor(private readonly autoTopUps: AutoTopUps) {}

  async put(asker: Asker, account: unknown, body: unknown): Promise<string> {
    const owner = targetOf(asker, account);
    const request = parseRequest(autoTopUpRequest, body, 'body');
    return JSON.stringify(answerOf(await this.autoTopUps.put(owner, wantedPolicy(request))));
  }

  async get(asker: Asker, account: unknown): Promise<string> {
    return JSON.stringify(answerOf(await this.autoTopUps.get(targetOf(asker, account))));
  }
}

function answerOf(found: AutoTopUp): Answer {
  const { state, last, month } = found;
  const { policy } = state;
  const { currency, amount, count } = policy.monthlyLimit;
  const waits = last?.state === 'action_required';
  return {
    account: state.account,
    enabled: policy.enabled,
    unit: policy.unit,
    threshold: policy.threshold,
    measure: policy.measure,
    ...bought(policy.purchase),
    currency,
    monthly_limit: { amount, count },
    cooldown_seconds: policy.cooldownSeconds,
    return_url: policy.returnUrl,
    status: statusOf(found),
    ...(state.stopped !== null && { reason: { code: state.stopped, message: state.stoppedBecause! } }),
    ...(waits && { action: { url: last.url!, expires_at: formatMoment(last.urlUntil!) } }),
    declines: state.declines,
    this_month: { amount: mainUnit(month.money, currency), count: month.count },
    ...(last !== undefined && { last_attempt: attemptOf(last) }),
    updated_at: formatMoment(state.startedAt),
  };
}

function bought(purchase: Purchase): Pick<Answer, 'pack' | 'amount' | 'target'> {
  if (purchase.kind === 'pack') return { pack: purchase.pack };
  return purchase.kind === 'amount' ? { amount: purchase.amount } : { target: purchase.target };
}

/** What is under way comes first: it goes on whatever becomes of the policy. */
function statusOf({ state: { policy, stopped, isCapped }, last }: AutoTopUp): Answer['status'] {
  if (last?.state === 'action_required') return 'action_required';
  if (last?.settledAt === null) return 'charging';
  if (!policy.enabled) return 'off';
  if (stopped !== null) return 'stopped';
  return isCapped ? 'capped' : 'ready';
}

function attemptOf({ id, state, price, sale, refusal, createdAt, settledAt }: Attempt): Answer['last_attempt'] {
  const { amount, currency } = price;
  return {
    id,
    status: state,
    price: { amount: mainUnit(BigInt(amount), currency), currency },
    lots: sale.lots.map(({ unit, amount: credits, category }) => ({ unit, amount: credits, category })),
    ...(refusal !== null && { code: refusal.code, message: refusal.message }),
    ...(refusal !== null && refusal.declineCode !== null && { decline_code: refusal.declineCode }),
    created_at: formatMoment(createdAt),
    ...(settledAt !== null && { settled_at: formatMoment(settledAt) }),
  };
}
