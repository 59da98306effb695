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

test('docs/teams.md has curl lines that work as pasted, in their order, with the results it tells', async () => {
  const text = await readFile('docs/teams.md', 'utf8');
  const env = { ...process.env, CREDITS: `${api.url}/v1`, API_KEY: api.apiKey };
  const told: Json[] = [];
  for (const [, block = ''] of text.matchAll(/```sh\n([\s\S]*?)```/g)) {
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { env });
    told.push(JSON.parse(stdout));
  }
  const [granted, org, design, ada, charged, refused, read, usage, own] = told;
  expect(granted.lot).toMatchObject({ category: 'paid' });
  expect([org, design, ada].map(({ member }) => member.parent)).toEqual([undefined, 'acme-org', 'design']);
  expect(charged.warnings).toMatchObject([{ limit: 'budget', unit: 'credits', used: '9', cap: '8', member: 'design' }]);
  expect(refused).toMatchObject({ status: 429, code: 'limit_reached' });
  expect(refused.shortfall).toMatchObject([{ limit: 'budget', member: 'ada', used: '9', cap: '10' }]);
  expect(read.member.budgets).toMatchObject([{ used: '9' }, { used: '9' }]);
  expect(usage.data).toMatchObject([{ group: { member: 'ada' }, net: '9' }]);
  expect(own.lot.applies_to).toEqual({ members: ['bob'] });
});
