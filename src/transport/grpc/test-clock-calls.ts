import { requireTest } from '../../keys/authenticator.js';
import type { Answer } from '../../ledger/submission.js';
import type { GivenKey, TestClockCalls } from '../test-clocks.js';
import { moments, unary } from './unary-call.js';

/** Calls about time in test mode. */
export function testClockCalls(clocks: TestClockCalls) {
  return {
    createTestClock: unary('createTestClock', 'config:write', async ({ now_at: at, ...request }, { caller }) => {
      requireTest(caller);
      return keyedJson(await clocks.create({ ...moments({ now_at: at }) }, keyOf(request)));
    }),
    getTestClock: unary('getTestClock', 'config:write', async ({ clock = '' }, { caller }) => {
      requireTest(caller);
      return `{"clock":${await clocks.get(clock)}}`;
    }),
    listTestClocks: unary('listTestClocks', 'config:write', async (request, { caller }) => {
      requireTest(caller);
      return clocks.list(request);
    }),
    advanceTestClock: unary('advanceTestClock', 'config:write', async (request, { caller }) => {
      requireTest(caller);
      const { clock = '', to_at: to } = request;
      return keyedJson(await clocks.advance(clock, { ...moments({ to_at: to }) }, keyOf(request)));
    }),
  };
}

function keyOf({ idempotency_key: key }: { idempotency_key?: string | undefined }): GivenKey {
  return { key, keyLocation: 'idempotency_key' };
}

function keyedJson({ body, replayed }: Answer): string {
  return `{"clock":${body.toString()},"replayed":${replayed}}`;
}
