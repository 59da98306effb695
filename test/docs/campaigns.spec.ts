import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, type Json } from '../contract/api.js';

const run = promisify(execFile);

let api: Api;

beforeAll(async () => {
  api = await Api.start();
});

afterAll(() => api.stop());

test('docs/campaigns.md has curl lines that work as pasted, in their order, with the results it tells', async () => {
  const text = await readFile('docs/campaigns.md', 'utf8');
  const env = { ...process.env, CREDITS: `${api.url}/v1`, API_KEY: api.apiKey };
  const told: Json[] = [];
  for (const [, block = ''] of text.matchAll(/```sh\n([\s\S]*?)```/g)) {
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { env });
    told.push(JSON.parse(stdout));
  }
  const [defined, claimed, refused, listed] = told;
  expect(defined).toMatchObject({ id: 'welcome', amount: '20', claims: 0 });
  expect(claimed.lot).toMatchObject({ category: 'promotional', granted: '20' });
  expect(refused).toMatchObject({ status: 409, code: 'already_claimed' });
  expect(listed.data).toMatchObject([{ account: 'newcomer', granted: true }]);
});
