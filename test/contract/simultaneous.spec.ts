import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf } from './api.js';

describe('simultaneous reservations', () => {
  let replicas: Api[];

  beforeAll(async () => {
    const first = await Api.start();
    replicas = [first, await Api.start(first)];
  });

  afterAll(async () => {
    for (const replica of replicas.toReversed()) await replica.stop();
  });

  test.each([
    [20, '75', '500', 6],
    [300, '1', '100', 100],
  ])('%d of %s on %s give exactly %d, whichever replicas they reach', async (callers, each, available, fit) => {
    const account = `tight-${callers}`;
    await replicas[0]!.grant(account, available);
    const answers = await Promise.all(
      Array.from({ length: callers }, (_, i) =>
        replicas[i % 2]!.post(`${pathOf(account)}/reservations`, { amount: each }),
      ),
    );
    const count = (status: number) => answers.filter(answer => answer.status === status).length;
    expect([count(201), count(402)]).toEqual([fit, callers - fit]);
    const seqs = answers.filter(({ status }) => status === 201).map(({ body }) => body.seq);
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: fit }, (_, i) => i + 2));
    for (const replica of replicas) {
      expect((await replica.get(pathOf(account))).body.seq).toBe(fit + 1);
    }
  });
});
