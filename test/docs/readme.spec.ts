import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';

const run = promisify(execFile);

describe('the README', () => {
  let database: TestDatabase;
  let service: RunningService;

  beforeAll(async () => {
    database = await createTestDatabase({ template: 'empty' });
    service = await startService({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await service.stop();
    await database.close();
  });

  test('has curl lines that work as pasted, and again when pasted twice', async () => {
    const script = (await shellBlocks()).find(block => block.includes('/accounts/user_42/grants'))!;
    const env = { ...process.env, CREDITS: `${service.url}/v1`, API_KEY: service.apiKey };
    for (let times = 0; times < 2; times++) {
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env });
      expect(stdout).toContain('"type":"grant"');
      expect(stdout).toContain('"committed":"31.5","released":"8.5"');
      expect(stdout).toContain('"credits":{"available":"68.5","held":"0"');
      expect(stdout).not.toContain('"status":4');
    }
  });

  test('has a gRPC example that works as pasted, after the curl lines, and again when pasted twice', async () => {
    await fetch(`${service.url}/v1/accounts/user_42/grants`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service.apiKey}`,
        'idempotency-key': 'grpc',
        'content-type': 'application/json',
      },
      body: '{"amount":"100"}',
    });
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(await readFile('README.md', 'utf8'))!;
    const env = { ...process.env, CREDITS_GRPC: service.grpc, API_KEY: service.apiKey };
    const told: string[] = [];
    for (let times = 0; times < 2; times++) {
      const { stdout } = await run('node', ['--input-type=module', '--eval', example], { env });
      told.push(stdout);
    }
    expect(told[0]).toMatch(/^job-2 \d+(\.\d+)?\njob-2 \d+(\.\d+)?\n$/);
    expect(told[1]).toBe(told[0]);
  });

  test('names only npm scripts that there are, and explains every variable of the configuration', async () => {
    const [text, manifest, config] = await Promise.all(
      ['README.md', 'package.json', 'src/config.ts'].map(file => readFile(file, 'utf8')),
    );
    const { scripts } = JSON.parse(manifest!) as { scripts: Record<string, string> };
    for (const [, script = ''] of text!.matchAll(/npm run ([a-z:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
    const operations = await readFile('docs/operations.md', 'utf8');
    for (const [, variable = ''] of config!.matchAll(/^ {4}([A-Z_]+): optional\(/gm)) {
      expect(operations).toContain(`\`${variable}\``);
    }
  });
});

async function shellBlocks(): Promise<string[]> {
  const text = await readFile('README.md', 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}
