import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Api } from './api.js';

const CHROMIUM = 'chromium';
/** Against a page that never comes: a browser on a busy machine takes its time. */
const PATIENCE_MS = 180_000;
const HAS_CHROMIUM = spawnSync(CHROMIUM, ['--version']).status === 0;
const inBrowser = HAS_CHROMIUM ? describe : describe.skip;

inBrowser(HAS_CHROMIUM ? '/docs in a browser' : '/docs in a browser: skipped, there is no chromium on the PATH', () => {
  let api: Api;
  let browser: Browser;
  /** What the page asked for elsewhere, what its console complained of. */
  let complaints: string[];

  beforeAll(async () => {
    api = await Api.start();
    const executablePath = spawnSync('which', [CHROMIUM]).stdout.toString().trim();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'], timeout: PATIENCE_MS });
  });

  afterAll(async () => {
    await browser?.close();
    await api.stop();
  });

  async function open(width: number): Promise<Page> {
    complaints = [];
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', message => {
      if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', error => complaints.push(`threw: ${error.message}`));
    page.on('requestfailed', request => complaints.push(`failed: ${request.url()}`));
    page.on('response', answer => {
      if (answer.status() >= 400) complaints.push(`${answer.status()}: ${answer.url()}`);
    });
    await page.route('**/*', route => {
      const url = new URL(route.request().url());
      if (url.origin === new URL(api.url).origin || url.protocol === 'data:' || url.protocol === 'blob:')
        return route.continue();
      complaints.push(`elsewhere: ${url.href}`);
      return route.abort();
    });
    await page.goto(`${api.url}/docs`);
    await page.getByText('Hold credits for work in flight').first().waitFor({ state: 'attached' });
    return page;
  }

  test.each([1280, 390])(
    'shows the API at a width of %d pixels, asks nobody else, leads to nobody else, and complains of nothing',
    async width => {
      const page = await open(width);
      await expect(page.title()).resolves.toContain('credits-ledger');
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(
        0,
      );
      const picture = process.env['DOCS_PICTURES'];
      if (picture !== undefined) await page.screenshot({ path: `${picture}/docs-${width}.png` });
      expect(await page.getByText(/Ask AI|Generate MCP|Developer Tools|Open API Client/).count()).toBe(0);
      await page.goto(`${page.url().split('#')[0]}#tag/reservations`);
      await page.getByRole('heading', { name: 'reservations', exact: true }).waitFor();
      if (picture !== undefined) await page.screenshot({ path: `${picture}/docs-${width}-reservations.png` });
      // What is still asked for when the page is closed fails.
      const found = [...complaints];
      await page.close();
      expect(found).toEqual([]);
    },
  );
});
