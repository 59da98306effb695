import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parsePlansFile } from '../../src/ops/plans/plans-file.js';
import { preview } from '../../src/ops/plans/preview.js';
import { Api, type Json } from '../contract/api.js';

const run = promisify(execFile);

describe('docs/plans.md', () => {
  let api: Api;
  let text: string;

  beforeAll(async () => {
    api = await Api.start();
    text = await readFile('docs/plans.md', 'utf8');
  });

  afterAll(() => api.stop());

  const blocks = (language: string): string[] =>
    [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);

  test('has curl lines that work as pasted, in their order, and again when pasted twice', async () => {
    const env = { ...process.env, CREDITS: `${api.url}/v1`, API_KEY: api.apiKey };
    const curls = blocks('sh').filter(block => block.startsWith('curl'));
    expect(curls.length).toBeGreaterThanOrEqual(5);
    for (let times = 0; times < 2; times++) {
      for (const script of curls) {
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env });
        const answer = JSON.parse(stdout) as Json;
        expect([script, answer.status]).toEqual([script, undefined]);
        if (script.includes('/plans/pro') && script.includes('PUT')) expect(answer).toMatchObject({ version: 1 });
        if (script.trim().endsWith('$CREDITS/plans')) {
          expect(answer.data.map(({ id }: Json) => id)).toEqual(['free', 'pro']);
        }
      }
    }
  });

  test('has a file of plans that can be applied', async () => {
    const [file] = blocks('yaml');
    const found = await preview(api.database.appPool, parsePlansFile(parse(file!)), true);
    expect(found).toMatchObject({ newUnits: [{ unit: 'renders' }], plans: [{ id: 'starter' }] });
  });

  test('names every field of a definition, and only commands and files that there are', async () => {
    const { $defs } = JSON.parse(await readFile('schemas/plans.schema.json', 'utf8')) as Json;
    for (const type of ['PlanDefinition', 'PlanGrant', 'PlanLimit', 'PlanPrice', 'PlanPeriod']) {
      for (const field of Object.keys($defs[type].properties)) {
        const said = [`\`${field}\``, `"${field}":`, `${field}: `].some(words => text.includes(words));
        expect([type, field, said]).toEqual([type, field, true]);
      }
    }
    for (const [, path = ''] of text.matchAll(/\]\((\.\.\/[^)#]+)\)/g)) {
      await expect(readFile(`docs/${path}`, 'utf8')).resolves.not.toBe('');
    }
  });
});
