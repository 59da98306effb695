import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ONE_CREDIT } from '../../tools/history/amounts.js';
import { grant, reserve } from '../../tools/history/operation.js';
import { ReplicatedService } from './replicated-service.js';

describe.each([1, 3])('simultaneous reservations over HTTP, processes on one database: %d', processes => {
  let service: ReplicatedService;

  beforeAll(async () => {
    service = await ReplicatedService.start(processes);
  });

  afterAll(() => service.stop());

  it.each([
    { callers: 20, each: 75n, available: 500n, fit: 6 },
    { callers: 300, each: 1n, available: 100n, fit: 100 },
  ])('$callers of $each on $available give exactly $fit', async ({ callers, each, available, fit }) => {
    const account = `tight-${callers}`;
    await service.caller.call(grant(`${account}-grant`, account, available * ONE_CREDIT));
    const outcomes = await Promise.all(
      Array.from({ length: callers }, (_, i) =>
        service.caller.call(reserve(`${account}-${i}`, account, each * ONE_CREDIT)),
      ),
    );
    const refusals = outcomes.filter(outcome => outcome.kind === 'refused');
    expect(outcomes.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(fit);
    expect(refusals).toHaveLength(callers - fit);
    expect(new Set(refusals.map(({ status, problem }) => `${status} ${problem.code}`))).toEqual(
      new Set(['402 insufficient_credits']),
    );
    // All that is missing is held by others: the same request may succeed later.
    expect(refusals.every(({ problem }) => problem.retryable === true)).toBe(true);
  });

  it('leaves a ledger that agrees with every answer', async () => {
    expect(await service.settleAndCompare()).toBe('');
  });
});
