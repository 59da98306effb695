import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { findLastingPort } from '../../../tools/lasting-port.js';
import { eventually } from '../../support/data-dir.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startService, type RunningService } from '../../support/service.js';
import type { Json } from '../../contract/api.js';

/** Against a page that never comes: a browser on a busy machine takes its time. */
const PATIENCE_MS = 180_000;
const CHROMIUM = spawnSync('which', ['chromium']).stdout.toString().trim();
const inBrowser = CHROMIUM === '' ? describe.skip : describe;
const SECRET = 'whsec_simulator';

function simulate(...options: string[]): ChildProcess {
  const command = ['--import', '@swc-node/register/esm-register', 'tools/stripe-sim/main.ts', ...options];
  return spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What a process says, as far as it has come. */
function outputOf(child: ChildProcess): () => string {
  let output = '';
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr?.on('data', (data: Buffer) => (output += data.toString()));
  return () => output;
}

inBrowser(
  CHROMIUM === '' ? 'credits bought in a browser: skipped, no chromium on the PATH' : 'credits bought in a browser',
  () => {
    let database: TestDatabase;
    let service: RunningService;
    let simulator: ChildProcess;
    let said: () => string;
    let browser: Browser;
    let stripe: string;

    beforeAll(async () => {
      const port = await findLastingPort();
      stripe = `http://127.0.0.1:${port}`;
      database = await createTestDatabase();
      service = await startService({
        databaseUrl: database.url,
        env: { STRIPE_API_BASE: stripe, STRIPE_SECRET_KEY: 'sk_live_simulator', STRIPE_WEBHOOK_SECRET: SECRET },
      });
      simulator = simulate('--live', '--port', String(port), '--webhook', `${service.url}/webhooks/stripe`);
      said = outputOf(simulator);
      const options = { executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'], timeout: PATIENCE_MS };
      browser = await chromium.launch(options);
      await eventually(async () => said().includes('Ctrl-C'));
    });

    afterAll(async () => {
      await browser?.close();
      simulator.kill('SIGTERM');
      await service.stop();
      await database.close();
    });

    async function call(method: string, path: string, body?: object): Promise<Json> {
      const answer = await fetch(`${service.url}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${service.apiKey}`,
          ...(method === 'POST' && { 'idempotency-key': 'order-1' }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return answer.json();
    }

    test('with the lines that the command prints, nobody’s account and nobody’s card', async () => {
      expect(said()).toContain(
        `STRIPE_API_BASE=${stripe} \\\n  STRIPE_SECRET_KEY=sk_live_simulator \\\n  STRIPE_WEBHOOK_SECRET=${SECRET}`,
      );
      await call('PUT', '/packs/starter', {
        name: '1,000 credits',
        amount: '1000',
        price: { amount: '10', currency: 'usd' },
      });
      const page = { success_url: `${stripe}/?thanks`, cancel_url: `${stripe}/?back` };
      const { url } = await call('POST', '/accounts/user_42/top-ups', { pack: 'starter', ...page });
      const tab = await browser.newPage();
      tab.setDefaultTimeout(PATIENCE_MS);
      await tab.goto(url);
      expect(await tab.getByTestId('total').textContent()).toBe('10.00 USD');
      await tab.getByRole('button', { name: 'Pay', exact: true }).click();
      await tab.waitForURL(page.success_url);
      const available = async (): Promise<string> =>
        (await call('GET', '/accounts/user_42')).balances.credits.available;
      await eventually(async () => (await available()) === '1000');
      await tab.getByRole('button', { name: 'Refund' }).click();
      await eventually(async () => (await available()) === '0');
    });
  },
);

test('the command explains itself, and what is wrong with how it was called', async () => {
  const end = async (child: ChildProcess): Promise<[number, string]> => {
    const said = outputOf(child);
    const code = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)));
    return [code, said()];
  };
  const [help, wrong, url] = await Promise.all([
    end(simulate('--help')),
    end(simulate('--port', 'x')),
    end(simulate('--webhook', 'nowhere')),
  ]);
  expect(help).toEqual([0, expect.stringContaining('npm run stripe:sim')]);
  expect(wrong).toEqual([2, expect.stringContaining('--port')]);
  expect(url).toEqual([2, expect.stringContaining('--webhook')]);
});
