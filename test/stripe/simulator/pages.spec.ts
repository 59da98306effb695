import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { eventually } from '../../support/data-dir.js';
import { startStripe, WebhookReceiver } from './simulated-stripe.js';

/** Against a page that never comes: a browser on a busy machine takes its time. */
const PATIENCE_MS = 180_000;
const CHROMIUM = spawnSync('which', ['chromium']).stdout.toString().trim();
const inBrowser = CHROMIUM === '' ? describe.skip : describe;

inBrowser(CHROMIUM === '' ? 'the pages: skipped, there is no chromium on the PATH' : 'the pages', () => {
  let simulator: StripeSimulator;
  let stripe: Stripe;
  let browser: Browser;
  let shop: WebhookReceiver;
  let page: Page;

  beforeAll(async () => {
    ({ simulator, stripe } = await startStripe());
    shop = await WebhookReceiver.open();
    const options = { executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'], timeout: PATIENCE_MS };
    browser = await chromium.launch(options);
  });
  beforeEach(async () => {
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
  });
  afterAll(async () => {
    await browser?.close();
    await simulator.stop();
    await shop.close();
  });

  async function open(more: Partial<Stripe.Checkout.SessionCreateParams> = {}): Promise<string> {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: `${shop.url}?paid={CHECKOUT_SESSION_ID}`,
      cancel_url: `${shop.url}?back`,
      line_items: [
        { price_data: { currency: 'eur', unit_amount: 1999, product_data: { name: '<b>1,000</b> credits' } } },
      ],
      ...more,
    });
    await page.goto(session.url!);
    return session.id;
  }

  /** What comes of it may be a page that is still on its way: it is waited for. */
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const status = async (id: string) => (await stripe.checkout.sessions.retrieve(id)).payment_status;

  test('show what is bought, and lead to the success page when it is paid', async () => {
    const id = await open();
    expect(await page.getByTestId('total').textContent()).toBe('19.99 EUR');
    expect(await page.getByText('<b>1,000</b> credits').count()).toBe(1);
    await press('Pay');
    await page.waitForURL(`${shop.url}?paid=${id}`);
    expect(await status(id)).toBe('paid');
    await page.goto(`${simulator.url}/pay/${id}`);
    expect(await page.getByText('This session is complete.').count()).toBe(1);
  });

  test('say why a card was declined, and take another', async () => {
    const id = await open();
    await press('Decline: insufficient funds');
    expect(await page.getByRole('alert').textContent()).toBe('Your card has insufficient funds.');
    expect(await status(id)).toBe('unpaid');
    await press('Pay');
    await page.waitForURL(`${shop.url}?paid=${id}`);
  });

  test('ask for 3-D Secure: failed, the customer is back at the session; passed, it is paid', async () => {
    const id = await open();
    await press('3-D Secure');
    await press('Fail');
    await page.waitForURL(`${simulator.url}/pay/${id}`);
    await press('3-D Secure');
    await press('Complete');
    await page.waitForURL(`${shop.url}?paid=${id}`);
    expect(await status(id)).toBe('paid');
  });

  test('lead back without paying', async () => {
    const id = await open();
    await press('Back, without paying');
    await page.waitForURL(`${shop.url}?back`);
    expect(await status(id)).toBe('unpaid');
  });

  test('take a promotion code', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' });
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'FRIENDS' });
    const id = await open({ allow_promotion_codes: true });
    await page.getByLabel('Promotion code').fill('nobody');
    await press('Apply');
    expect(await page.getByRole('alert').textContent()).toBe('This code is invalid.');
    await page.getByLabel('Promotion code').fill('friends');
    await press('Apply');
    await page.getByTestId('total').and(page.getByText('14.99 EUR')).waitFor();
    await press('Pay');
    await page.waitForURL(`${shop.url}?paid=${id}`);
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      amount_total: 1499,
      total_details: { amount_discount: 500 },
    });
  });

  test('of a bank debit lead on at once; the front page settles it, refunds it and disputes it', async () => {
    const id = await open();
    await press('Pay by bank debit, which settles later');
    await page.waitForURL(`${shop.url}?paid=${id}`);
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    await page.goto(simulator.url);
    await press('Settle');
    await eventually(async () => (await status(id)) === 'paid');
    const row = page.getByRole('row').first();
    await row.getByRole('button', { name: 'Dispute', exact: true }).click();
    await row.getByRole('button', { name: 'Dispute won' }).click();
    await row.getByText('won').first().waitFor();
    await row.getByRole('button', { name: 'Refund' }).click();
    await eventually(async () => (await stripe.refunds.list()).data.length === 1);
    expect((await stripe.refunds.list()).data[0]).toMatchObject({ amount: 1999, status: 'succeeded' });
  });
});
