import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Shop } from './shop.js';

const run = promisify(execFile);
const PACK = { name: 'Starter', amount: '100', price: { amount: '10', currency: 'usd' } };
/** As much as any account can ever have been granted. */
const ALL_THERE_IS = '9223372036854.775807';
const HOUR_MS = 3_600_000;

describe('a reconciliation whose repair the ledger refuses', () => {
  let shop: Shop;

  beforeAll(async () => {
    // Without a worker: one that began just now walks Stripe's list of events, and would find a part of it first.
    shop = await Shop.open('postgres', ['api']);
    await shop.call('PUT', '/packs/starter', PACK);
  });

  afterAll(() => shop?.close());

  const repairs = async (): Promise<{ code: number; stdout: string }> => {
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: shop.database.url,
      STRIPE_SECRET_KEY: shop.simulator.secretKey,
      STRIPE_API_BASE: shop.simulator.url,
    };
    const script = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const from = new Date(Date.now() - HOUR_MS).toISOString();
    const apply = ['--apply', '--reason', 'ticket 311'];
    return run(process.execPath, [script, 'reconcile', '--from', from, ...apply], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };

  test('says so, goes on with the rest, a frozen account included, and ends with 1 until it is put right', async () => {
    const { body } = await shop.call('POST', '/accounts/full/grants', { amount: ALL_THERE_IS });
    await shop.call('POST', '/accounts/frozen/freeze', { reason: 'looking into it' });
    shop.simulator.deliveries.hold();
    const [full, ...others] = [
      await shop.buy('full', { pack: 'starter' }),
      await shop.buy('frozen', { pack: 'starter' }),
      await shop.buy('another', { pack: 'starter' }),
    ];
    shop.simulator.deliveries.dropHeld();
    shop.simulator.deliveries.resume();

    const first = await repairs();
    expect(first.code).toBe(1);
    expect(first.stdout).toMatch(new RegExp(`MISSING_GRANT ${full} of full: .*\n  not repaired: \\S+`));
    for (const payment of others) expect(first.stdout).toContain(`  repaired: ${payment}: grant`);
    expect(first.stdout).toContain('3 differences, 2 repaired');
    for (const account of ['frozen', 'another']) expect(await shop.credits(account)).toMatchObject({ granted: '100' });
    expect(await shop.credits('full')).toMatchObject({ granted: ALL_THERE_IS });

    // What was refused is found as long as it is so, and never taken for done.
    const again = await repairs();
    expect([again.code, again.stdout.match(/^[A-Z_]+ \S+/gm)]).toEqual([1, [expect.stringContaining(full)]]);
    expect(again.stdout).toContain('not repaired');
    expect(body.lot.remaining).toBe(ALL_THERE_IS);
  });
});
