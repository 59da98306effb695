import { spawn } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreditsLedger } from '../../clients/typescript/src/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';
import { installClient, run, type InstalledClient } from './installed-client.js';

/** For Node and browsers alike; the declarations of the package are checked too. */
const TYPE_CHECK = ['--noEmit', '--target', 'ES2022', '--module', 'NodeNext', '--lib', 'ES2022,DOM,DOM.Iterable'];

const MISUSE = `
import { CreditsLedger, LedgerError, type UnrecordedSpend, type WithReservationOptions } from '@credits-ledger/client';
const ledger = new CreditsLedger({ url: 'http://localhost:3000', apiKey: 'crd_live_x' });
export const member: string | undefined = undefined;
void ledger.reserve('user_42', { amount: '5', member });
// @ts-expect-error a number is not exact
void ledger.reserve('user_42', { amount: 5 });
// @ts-expect-error in a batch neither
void ledger.batch({ commands: [{ id: '1', type: 'grant', account: 'a', amount: 5, idempotency_key: '1' }] });
// @ts-expect-error there is no such field
void ledger.reserve('user_42', { amount: '5', tll_seconds: 5 });
// @ts-expect-error it takes no key
void ledger.getAccount('user_42', { idempotencyKey: '1' });
void ledger.withReservation('user_42', { amount: '5' }, hold => {
  // @ts-expect-error a number is not exact
  hold.use(0.1);
});
// @ts-expect-error by explicit choice, and named
export const wrong: WithReservationOptions = { amount: '5', whenUnavailable: true };
export function later(spend: UnrecordedSpend, error: unknown): Promise<void> | undefined {
  if (error instanceof LedgerError && error.code === 'insufficient_credits') return undefined;
  return ledger.record(spend, { overage: 'allow_debt' });
}
`;

describe('the package of the client', () => {
  let installed: InstalledClient;
  let database: TestDatabase;
  let service: RunningService;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    [installed, database] = await Promise.all([installClient(), createTestDatabase()]);
    service = await startService({ databaseUrl: database.url });
    env = { PATH: process.env['PATH'], CREDITS_URL: service.url, CREDITS_API_KEY: service.apiKey, PORT: '0' };
  });

  afterAll(async () => {
    await service.stop();
    await Promise.all([installed.remove(), database.close()]);
  });

  test('holds what it needs, and nothing else', () => {
    const extra = installed.files.filter(file => !/^dist\/[\w.-]+\.(js|d\.ts)$/.test(file));
    expect(extra.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(installed.files).toContain('dist/index.js');
    expect(installed.files).toContain('dist/index.d.ts');
    expect(installed.files.filter(file => file.includes('spec'))).toEqual([]);
  });

  test('has the licence of the repository, and asks for no other package', async () => {
    const [ours, its] = await Promise.all([
      readFile('LICENSE', 'utf8'),
      readFile('clients/typescript/LICENSE', 'utf8'),
    ]);
    expect(its).toBe(ours);
    const manifest = JSON.parse(await readFile('clients/typescript/package.json', 'utf8')) as object;
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies']) {
      expect(manifest).not.toHaveProperty(kind);
    }
  });

  test('has types that refuse what the ledger would', async () => {
    await writeFile(join(installed.folder, 'misuse.ts'), MISUSE);
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    await typeCheck([...strict, 'misuse.ts']);
  });

  test('runs the examples of its README, in their order, with plain Node', async () => {
    const examples = await readmeExamples();
    expect(examples.length).toBeGreaterThanOrEqual(5);
    for (const [index, example] of examples.entries()) {
      const file = `example-${index + 1}.js`;
      await writeFile(join(installed.folder, file), example);
      const { stdout, stderr } = await runNode(file);
      expect({ file, stderr }).toEqual({ file, stderr: '' });
      // What an example prints stands beside it, with a word about it after a colon.
      const promised = [...example.matchAll(/console\.log\(.*\);(?: \/\/ (.*))?$/gm)].map(([, words]) => words);
      const printed = stdout.trim().split('\n');
      for (const [line, words] of promised.entries()) {
        if (words !== undefined && !words.startsWith(`${printed[line]}: `)) expect(printed[line]).toBe(words);
      }
    }
    const files = examples.map((_, index) => `example-${index + 1}.js`);
    await writeFile(join(installed.folder, 'process.d.ts'), 'declare const process: { env: Record<string, string> };');
    await typeCheck(['process.d.ts', '--allowJs', '--checkJs', '--strict', 'false', ...files]);
  });

  test('leaves nothing that keeps a process alive, and no rejection unhandled', async () => {
    const source = `
      import { CreditsLedger } from '@credits-ledger/client';
      const { CREDITS_URL: url, CREDITS_API_KEY: apiKey } = process.env;
      const ledger = new CreditsLedger({ url, apiKey, onUnrecorded() {} });
      await ledger.grant('leaver', { amount: '10' });
      const options = { amount: '1', ttl_seconds: 1 };
      await ledger.withReservation('leaver', options, () => new Promise(done => setTimeout(done, 800)));
      await ledger.withReservation('leaver', options, () => Promise.reject(new Error('x'))).catch(() => {});
      await ledger.withReservation('leaver', options, hold => ledger.release(hold.reservation.id).then(() => hold.use('1')));
      const down = new CreditsLedger({ url: 'http://127.0.0.1:9', apiKey, maxAttempts: 2, onUnrecorded() {} });
      await down.withReservation('leaver', { ...options, whenUnavailable: 'allow' }, () => {});
      await down.getAccount('leaver').catch(() => {});
      console.log(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length);
    `;
    await writeFile(join(installed.folder, 'leave.js'), source);
    const { stdout, stderr } = await runNode('leave.js');
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  test('carries a chat endpoint: answers are paid for, broken off ones as far as they came, none without credits', async () => {
    for (const file of ['server.js', 'provider.js'])
      await cp(join('examples/chat-endpoint', file), join(installed.folder, file));
    const ledger = new CreditsLedger({ url: service.url, apiKey: service.apiKey });
    await ledger.grant('ada', { amount: '100' });
    const chat = spawn(process.execPath, ['server.js'], {
      cwd: installed.folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise(resolve => chat.once('close', resolve));
    try {
      const address = await new Promise<string>(resolve => {
        chat.stdout.on('data', (data: Buffer) => resolve(/http:\S+/.exec(data.toString())![0]));
      });
      const ask = (user: string, body: string, signal?: AbortSignal) =>
        fetch(address, { method: 'POST', headers: { 'x-user': user }, body, ...(signal && { signal }) });

      const whole = await ask('ada', JSON.stringify({ prompt: 'one two three' }));
      expect(await whole.text()).toBe('one two three ');
      expect(await spent(ledger)).toBe('0.03');

      const hangUp = new AbortController();
      const broken = await ask('ada', JSON.stringify({ prompt: 'word '.repeat(5_000).trim() }), hangUp.signal);
      await broken.body!.getReader().read();
      hangUp.abort();
      const paid = await untilSettled(ledger);
      expect(paid).toBeGreaterThan(0.03);
      expect(paid).toBeLessThan(25);

      expect((await ask('bob', '{"prompt": "hi"}')).status).toBe(402);
      expect((await ask('bob', 'hi')).status).toBe(400);
    } finally {
      chat.kill('SIGTERM');
    }
    expect(await exited).toBe(0);
  });

  function runNode(file: string) {
    const flags = ['--unhandled-rejections=strict', '--disable-warning=ExperimentalWarning'];
    return run(process.execPath, [...flags, file], { cwd: installed.folder, env, timeout: 120_000 });
  }

  /** With this repository's compiler: the package brings none. */
  async function typeCheck(options: readonly string[]): Promise<void> {
    const compiler = join(process.cwd(), 'node_modules/typescript/bin/tsc');
    const checked = run(process.execPath, [compiler, ...TYPE_CHECK, ...options], { cwd: installed.folder });
    expect(await checked.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
  }
});

async function readmeExamples(): Promise<string[]> {
  const text = await readFile('clients/typescript/README.md', 'utf8');
  return [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}

async function spent(ledger: CreditsLedger): Promise<string> {
  const { balances } = await ledger.getBalance('ada');
  return balances['credits']!.spent;
}

/** What was spent once nothing is held any more. */
async function untilSettled(ledger: CreditsLedger): Promise<number> {
  for (;;) {
    const { balances } = await ledger.getBalance('ada');
    if (balances['credits']!.held === '0') return Number(balances['credits']!.spent);
  }
}
