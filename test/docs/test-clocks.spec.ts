import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ERROR_TABLE } from '../../src/transport/error-table.js';
import { Api, type Json } from '../contract/api.js';

const run = promisify(execFile);

describe('docs/test-clocks.md', () => {
  let api: Api;
  let text: string;

  beforeAll(async () => {
    api = await Api.start();
    text = await readFile('docs/test-clocks.md', 'utf8');
  });

  afterAll(() => api.stop());

  test('has curl lines that work as pasted, in their order, and come to what it says', async () => {
    const scripts = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = '']) => script);
    const env: Record<string, string> = { CREDITS: `${api.url}/v1`, API_KEY: api.apiKey };
    const answers: Json[] = [];
    for (const script of scripts) {
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script.replaceAll(/^curl/gm, 'echo; curl')], {
        env: { ...process.env, ...env },
      });
      for (const line of stdout.split('\n').filter(each => each !== '')) {
        const answer = JSON.parse(line) as Json;
        expect([script, answer.code]).toEqual([script, undefined]);
        if (answer.secret !== undefined) env['TEST_KEY'] = answer.secret;
        if (answer.id?.startsWith('clk_')) env['CLOCK'] = answer.id;
        answers.push(await arrived(answer, env));
      }
    }
    const [, made, taken, , subscribed, moved, closed, year, inJune, explained] = answers;
    expect(made).toMatchObject({ now_at: '2027-01-31T09:00:00.000Z', status: 'ready' });
    expect(taken.entries[0].effective_at).toBe('2027-01-31T09:00:00.000Z');
    expect(subscribed.subscription.period_end_at).toBe('2027-02-28T09:00:00.000Z');
    expect(moved).toMatchObject({ now_at: '2027-02-28T09:00:00.000Z', status: 'ready', accounts: 1 });
    expect(closed.balances.credits).toMatchObject({ available: '120', expired: '80' });
    expect(year).toMatchObject({ now_at: '2028-01-31T09:00:00.000Z' });
    // The hundred of the month, 20 carried from the first one and 10 from the second: more would be over the bound.
    expect(inJune.balances.credits.available).toBe('130');
    expect(explained.text).toContain('Carried 20 credits over into the next period');
  });

  /** A clock that is still on its way on a slow machine, once it is there. */
  async function arrived(answer: Json, env: Readonly<Record<string, string>>): Promise<Json> {
    if (answer.status !== 'advancing') return answer;
    const path = `/v1/test-clocks/${answer.id}/advance`;
    return arrived((await api.post(path, { to_at: answer.to_at }, { as: env['TEST_KEY']! })).body, env);
  }

  test('names refusals as they are', () => {
    for (const [, status, code] of text.matchAll(/\| (\d{3}) `(\w+)`/g)) {
      expect([code, String(ERROR_TABLE[code as keyof typeof ERROR_TABLE].http)]).toEqual([code, status]);
    }
  });
});
