import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../client/caller.js';
import { startProgress } from '../client/progress.js';
import { seededRandomFor } from '../client/seeded-random.js';
import { fundAccount, isShort } from './fund-accounts.js';
import { planRequest, requestCost, type RequestPlan } from './plan-request.js';
import { readTrace, type BadRow } from './read-trace.js';
import { RequestRun, type RequestEnd } from './run-request.js';

export interface TraceOptions {
  readonly file: string;
  /** Distinguishes the accounts and keys of this run from those of any other. */
  readonly runId: string;
  readonly accounts: number;
  readonly workers: number;
  readonly seed: number;
  /** Rows to send at most. */
  readonly limit: number;
  /** Times faster than the trace was recorded; infinite: as fast as answers come. */
  readonly speed: number;
}

export interface TraceSurvey {
  readonly requests: number;
  readonly badRows: readonly BadRow[];
  readonly badRowCount: number;
  /** What each account's requests will cost. */
  readonly needs: readonly bigint[];
  /** What the first account keeps waiting for. */
  readonly startsAt: number;
}

const MOST_BAD_ROWS_KEPT = 20;

/** Plans of a trace in order; a second pass over the file makes the very same plans. */
async function* plansOf(options: TraceOptions, onBadRow: (row: BadRow) => void): AsyncGenerator<RequestPlan> {
  let sent = 0;
  for await (const row of readTrace(options.file, onBadRow)) {
    if (sent++ === options.limit) return;
    yield planRequest(row, options.accounts, seededRandomFor(options.seed, row.line));
  }
}

/** Reads the file once to learn what it will cost whom, and which rows cannot be read. */
export async function surveyTrace(options: TraceOptions): Promise<TraceSurvey> {
  const needs = Array.from({ length: options.accounts }, () => 0n);
  const badRows: BadRow[] = [];
  let badRowCount = 0;
  let requests = 0;
  let startsAt = Infinity;
  const onBadRow = (row: BadRow): void => {
    badRowCount++;
    if (badRows.length < MOST_BAD_ROWS_KEPT) badRows.push(row);
  };
  for await (const plan of plansOf(options, onBadRow)) {
    requests++;
    needs[plan.account]! += requestCost(plan.row.contextTokens, plan.row.generatedTokens);
    startsAt = Math.min(startsAt, plan.row.at);
  }
  return { requests, badRows, badRowCount, needs, startsAt };
}

function accountName(options: TraceOptions, account: number): string {
  return `trace-${options.runId}-${account}`;
}

export async function fundAccounts(caller: Caller, options: TraceOptions, survey: TraceSurvey): Promise<void> {
  const accounts = [...survey.needs.entries()].filter(([, need]) => need > 0n).values();
  await inParallel(options.workers, async () => {
    for (const [account, need] of accounts) {
      const name = accountName(options, account);
      await fundAccount(caller, name, `${options.runId}-${account}`, need, isShort(account));
    }
  });
}

/** Sends every request of the trace; the workers share the rows, each takes the next. */
export async function sendRequests(
  caller: Caller,
  options: TraceOptions,
  survey: TraceSurvey,
): Promise<Map<RequestEnd, number>> {
  const ends = new Map<RequestEnd, number>();
  const plans = plansOf(options, () => undefined);
  const progress = startProgress('requests', survey.requests);
  const startedAt = performance.now();
  await inParallel(options.workers, async () => {
    for (let next = await plans.next(); !next.done; next = await plans.next()) {
      const plan = next.value;
      await sleepUntil(startedAt + (plan.row.at - survey.startsAt) / options.speed);
      const key = `${options.runId}-${plan.row.line}`;
      const end = await new RequestRun(caller, plan, accountName(options, plan.account), key).run();
      ends.set(end, (ends.get(end) ?? 0) + 1);
      progress.advance();
    }
  }).finally(() => progress.stop());
  return ends;
}

async function sleepUntil(at: number): Promise<void> {
  const wait = at - performance.now();
  if (wait > 0) await sleep(wait);
}

async function inParallel(workers: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, work));
}
