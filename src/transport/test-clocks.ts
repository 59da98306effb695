import { Injectable } from '@nestjs/common';
import type { StoredClock } from '../clocks/stored-clocks.js';
import { TestClocks, type ClockAnswer } from '../clocks/test-clocks.js';
import type { Answer } from '../ledger/submission.js';
import { pageOf } from '../shared/page.js';
import { decodeCountCursor } from './cursor.js';
import { fingerprint } from './fingerprint.js';
import type { JsonValue } from './json/strict-json.js';
import { readKey, type Call } from './mutations.js';
import { pageJson } from './page-json.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import { advanceClockRequest, createClockRequest } from './requests/test-clocks.js';

/** The key of a call, and where it stands in what the caller sent. */
export type GivenKey = Pick<Call, 'key' | 'keyLocation'>;

/** Calls about test clocks, read and answered the same way for every transport, as JSON. */
@Injectable()
export class TestClockCalls {
  constructor(private readonly clocks: TestClocks) {}

  async create(body: JsonValue, given: GivenKey): Promise<Answer> {
    const { now_at: nowAt } = parseRequest(createClockRequest, body, 'body');
    const key = readKey(given);
    return answer(await this.clocks.create(nowAt, { key, fingerprint: fingerprint('create-test-clock', '', body) }));
  }

  async advance(id: string, body: JsonValue, given: GivenKey): Promise<Answer> {
    const { to_at: toAt } = parseRequest(advanceClockRequest, body, 'body');
    const key = readKey(given);
    return answer(
      await this.clocks.advance(id, toAt, { key, fingerprint: fingerprint('advance-test-clock', id, body) }),
    );
  }

  async get(id: string): Promise<string> {
    return clockJson(await this.clocks.get(id));
  }

  async list(query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.clocks.list(decodeCountCursor('test-clocks', after), limit + 1);
    return pageJson(
      'test-clocks',
      pageOf(found, limit, clockJson, ({ no }) => no),
    );
  }
}

function answer({ clock, replayed }: ClockAnswer): Answer {
  return { body: Buffer.from(clockJson(clock)), replayed };
}

function clockJson({ id, nowAt, targetAt, accounts, createdAt }: StoredClock): string {
  const status = targetAt === null ? 'ready' : 'advancing';
  return JSON.stringify({ id, now_at: nowAt, status, to_at: targetAt, accounts, created_at: createdAt });
}
