import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';

interface Run {
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

let database: TestDatabase;
let service: RunningService;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService({ databaseUrl: database.url });
  folder = await mkdtemp(join(tmpdir(), 'credits-ledger-trace-'));
});

afterAll(async () => {
  await service.stop();
  await database.close();
  await rm(folder, { recursive: true });
});

/** As `npm run trace` does it. */
function trace(...args: string[]): Promise<Run> {
  return new Promise(resolve => {
    const command = ['--import', '@swc-node/register/esm-register', 'tools/trace/main.ts', ...args];
    execFile(process.execPath, command, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

describe('npm run trace', () => {
  it('sends the sample through the service, and the ledger agrees with every answer', async () => {
    const { exitCode, stdout, stderr } = await trace('--url', service.url, '--key', service.apiKey);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/400 requests in .* requests\/s/);
    expect(stdout).toMatch(/Verified .*: 0 differences/);
    expect(stdout).toMatch(/Refusals +insufficient_credits \d+/);
    expect(stdout).toMatch(/Repeats +[1-9]\d* answers replayed/);
  });

  it('names the rows it cannot read and sends the others', async () => {
    const file = join(folder, 'trace.csv');
    await writeFile(
      file,
      'TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n2023-11-16 18:17:03.9799600,4808,10\n',
    );
    const { exitCode, stdout, stderr } = await trace(file, '--url', service.url, '--key', service.apiKey);
    expect(stderr).toContain('line 2 has no readable time: "yesterday"');
    expect(stdout).toContain('1 requests in');
    expect(exitCode).toBe(0);
  });

  it.each([
    ['a key that is none', ['--key', 'crd_live_not_a_key_of_this_service'], '401'],
    ['a service that is not there', ['--key', 'k', '--url', 'http://127.0.0.1:1'], 'No service answers'],
    ['a file that is not there', ['missing.csv', '--key', 'k'], 'The trace cannot be read'],
    ['an option it does not have', ['--sped', '2'], '--sped'],
  ])('says so and ends with 2 when given %s', async (_what, args, words) => {
    const { exitCode, stderr } = await trace('--url', service.url, ...args);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
    expect(exitCode).toBe(2);
  });
});
