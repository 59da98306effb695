import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readEvent } from '../../src/stripe/intake/event-envelope.js';
import { AUTO_TOP_UP_STATUSES } from '../../src/transport/auto-top-up-answers.js';
import { AUTO_TOP_UP_STOPS } from '../../src/webhooks/event.js';
import { Shop } from '../stripe/shop.js';
import { snapshot } from '../stripe/signed.js';

const run = promisify(execFile);

describe('docs/stripe.md', () => {
  let text: string;

  beforeAll(async () => {
    text = await readFile('docs/stripe.md', 'utf8');
  });

  test('names the types that are acted on, and no other', async () => {
    const [, list = ''] = /```\n(checkout\.session\.completed[\s\S]*?)```/.exec(text)!;
    const named = list.trim().split('\n');
    expect(named.filter(type => readEvent(snapshot({ type }))?.subject === null)).toEqual([]);
    const source = await readFile('src/stripe/intake/subject.ts', 'utf8');
    const acted = [...source.matchAll(/^ +'([a-z_.]+\.[a-z_]+)': '/gm)].map(([, type]) => type!);
    // What refunds of charges are told by besides; `refund.updated` tells the same.
    expect(named.toSorted()).toEqual(acted.filter(type => type !== 'charge.refund.updated').toSorted());
  });

  describe('with a shop', () => {
    let shop: Shop;

    beforeAll(async () => {
      shop = await Shop.open('postgres');
    });
    afterAll(() => shop?.close());

    test('has packs, a top-up and a reconciliation that work as pasted, and brings credits once they are paid', async () => {
      const env = { ...process.env, CREDITS: `${shop.url}/v1`, API_KEY: shop.apiKey };
      const told: string[] = [];
      for (const [, block = ''] of text.matchAll(/```sh\n([\s\S]*?)```/g)) {
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { env });
        expect(stdout).not.toContain('"status":4');
        told.push(stdout);
      }
      expect(told).toHaveLength(6);
      const { id } = JSON.parse(told[2]!) as { id: string };
      shop.simulator.checkout.pay(await shop.sessionOf(id), 'pm_card_visa');
      await shop.has('user_42', { available: '1050' });
      expect(JSON.parse(told[3]!)).toMatchObject({ status: 'ready', threshold: '100', this_month: { count: 0 } });
      await shop.buy('user_42', { pack: 'starter', save_card: true });
      await shop.has('user_42', { available: '2100' });
      await shop.call('POST', '/accounts/user_42/charges', { amount: '2000' });
      await shop.has('user_42', { available: '1150' });
    });

    test('tells every reason why automatic top-ups stop, and every status', () => {
      const section = text.slice(text.indexOf('## Automatic top-ups'), text.indexOf('## Refunds and disputes'));
      const told = [...section.matchAll(/^(?:- |\| )`([a-z_]+)`/gm)].map(([, word]) => word);
      expect(told).toEqual(expect.arrayContaining([...AUTO_TOP_UP_STOPS, ...AUTO_TOP_UP_STATUSES]));
    });
  });
});
