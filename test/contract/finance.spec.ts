import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FinanceProjection } from '../../src/finance/finance-projection.js';
import { createCheckpoint } from '../../src/projections/checkpoints.js';
import { Follower } from '../../src/projections/follower.js';
import { rebuildProjection } from '../../src/projections/rebuild-projection.js';
import { verifyProjection } from '../../src/projections/verify-projection.js';
import { documentedStory } from '../finance/documented-story.js';
import { bookEntries } from '../finance/book-entries.js';
import { NaiveBooks } from '../finance/naive-books.js';
import { monthOf, simulatedYear, YEAR } from '../finance/simulated-year.js';
import { Api, expectStatus, type Json } from './api.js';
import { awayFromMidnight } from '../support/midnight.js';

const CUSTOMERS = 6;
const PATH = '/v1/finance/months';
const THE_YEAR = `from=${YEAR}-01&to=${YEAR}-12`;
const TABLES = ['finance_payments', 'finance_lots', 'finance_months'];
const MOVED = ['paid', 'recognised', 'breakage', 'revoked'] as const;

const projection = new FinanceProjection();
const years = Array.from({ length: CUSTOMERS }, (_, customer) => simulatedYear(customer));

describe('the finance view', () => {
  let api: Api;
  let follower: Follower;

  beforeAll(async () => {
    await awayFromMidnight();
    api = await Api.start();
    follower = new Follower(api.database.appPool, { error: message => console.error(message) });
    for (const [customer, { entries }] of years.entries()) {
      const mode = customer === CUSTOMERS - 1 ? 'test' : 'live';
      await bookEntries(api.database, { mode, id: `customer-${customer}`, no: 900_000 + customer }, entries);
    }
    await createCheckpoint(api.database.appPool, projection);
    // In many small ranges here, in one where it is rebuilt.
    const { rows } = await api.database.ownerPool.query('SELECT max(position)::int AS last FROM entries');
    for (let upTo = 37; upTo < rows[0].last; upTo += 37) await follower.step(projection, { shadow: false, upTo });
    await catchUp();
  });

  afterAll(() => api.stop());

  async function catchUp(): Promise<void> {
    for (let step = ''; step !== 'up-to-date'; step = await follower.step(projection)) {
      if (step === 'failed') throw new Error('an entry cannot be folded');
    }
  }

  async function months(query: string, as?: string): Promise<Json[]> {
    return expectStatus(200, await api.get(`${PATH}?${query}&limit=100`, as === undefined ? {} : { as })).data;
  }

  test('of a simulated year (paid lots with cost, spends, refunds, revokes, expiry, rollover) sums to what was paid, to the cent, month by month', async () => {
    const rows = await months(THE_YEAR);
    const expected = naiveMonths(years.slice(0, -1));
    expect(rows.map(({ month, currency }) => `${month} ${currency}`)).toEqual([...expected.keys()]);
    const deferred = new Map<string, bigint>();
    for (const row of rows) {
      const shop = years.slice(0, -1).flatMap(({ paid }) => paid);
      const paid = shop.filter(({ month, currency }) => month === row.month && currency === row.currency);
      expect(cents(row.paid)).toBe(paid.reduce((sum, each) => sum + each.cents, 0n));
      expect(cents(row.deferred_at_start)).toBe(deferred.get(row.currency) ?? 0n);
      const { paid: added, recognised, breakage, revoked } = inCents(row);
      expect(cents(row.deferred_at_start) + added!).toBe(
        recognised! + breakage! + revoked! + cents(row.deferred_at_end),
      );
      expect({ ...inCents(row), deferred: cents(row.deferred_at_end) }).toEqual(
        expected.get(`${row.month} ${row.currency}`),
      );
      deferred.set(row.currency, cents(row.deferred_at_end));
    }
    for (const name of [...MOVED, 'refunded']) expect(rows.some(row => cents(row[name]) > 0n)).toBe(true);
  });

  test('is the same to the byte when it is folded anew, in ranges cut elsewhere', async () => {
    const before = await tables();
    const options = { ownerUrl: api.database.url, projection };
    expect((await verifyProjection(options)).differences).toEqual({ count: 0, shown: [] });
    expect((await rebuildProjection(options)).differences).toEqual({ count: 0, shown: [] });
    expect(await tables()).toEqual(before);
  });

  test('follows what the service books', async () => {
    await api.grant('buyer', '10', { category: 'paid', cost: { amount: '5', currency: 'chf' } });
    const { reservation } = await api.reserve('buyer', '4');
    await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '1' });
    await api.grant('given', '10');
    await catchUp();
    const [row, ...more] = await months('currency=chf');
    expect(more).toEqual([]);
    expect(row).toEqual({
      month: expect.stringMatching(/^\d{4}-\d{2}$/),
      currency: 'CHF',
      category: 'paid',
      deferred_at_start: '0',
      paid: '5',
      recognised: '0.5',
      refunded: '0',
      breakage: '0',
      revoked: '0',
      deferred_at_end: '4.5',
    });
    const { complete_until: until } = (await api.get(PATH)).body;
    expect(Math.abs(Date.now() - Date.parse(until))).toBeLessThan(60_000);
  });

  test('shows a month in which nothing moved as long as something is deferred', async () => {
    const rows = await months(`from=${YEAR + 1}-03&to=${YEAR + 1}-03&currency=USD`);
    const [last] = (await months(`${THE_YEAR}&currency=USD`)).slice(-1);
    expect(rows).toMatchObject([
      { paid: '0', deferred_at_start: last.deferred_at_end, deferred_at_end: last.deferred_at_end },
    ]);
  });

  test('keeps live and test data apart, by the mode of the key', async () => {
    const as = await api.makeKey({ mode: 'test', scopes: ['ops'] });
    const expected = naiveMonths(years.slice(-1));
    const rows = await months(THE_YEAR, as);
    expect(rows.map(row => ({ ...inCents(row), deferred: cents(row.deferred_at_end) }))).toEqual([
      ...expected.values(),
    ]);
  });

  test('has the same rows page by page, and as CSV', async () => {
    const all = await months(THE_YEAR);
    const paged: Json[] = [];
    for (let after = ''; ;) {
      const { body } = await api.get(`${PATH}?${THE_YEAR}&limit=5${after}`);
      paged.push(...body.data);
      if (!body.has_more) break;
      after = `&after=${body.next_cursor}`;
    }
    expect(paged).toEqual(all);
    const headers = { accept: 'text/csv' };
    const { text, headers: answered } = await api.send('GET', `${PATH}?${THE_YEAR}`, { headers });
    expect(answered).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      vary: expect.stringMatching(/accept/i),
    });
    const [head, ...lines] = text.trimEnd().split('\r\n');
    expect(head).toBe(Object.keys(all[0]).join(','));
    expect(lines).toEqual(all.map(row => Object.values(row).join(',')));
  });

  test('is explained by the document with the figures it gives', async () => {
    const example = /```csv\n([\s\S]*?)```/.exec(await readFile('docs/finance.md', 'utf8'))?.[1];
    await bookEntries(api.database, { mode: 'live', id: 'of-the-document', no: 950_000 }, documentedStory());
    await catchUp();
    const path = `${PATH}?from=2024-01&to=2024-12&currency=GBP`;
    const { text } = await api.send('GET', path, { headers: { accept: 'text/csv' } });
    expect(text.replaceAll('\r\n', '\n')).toBe(example);
  });

  test('is told by the command line, in words and as CSV', async () => {
    const { text } = await api.send('GET', `${PATH}?${THE_YEAR}`, { headers: { accept: 'text/csv' } });
    const asked = ['--from', `${YEAR}-01`, '--to', `${YEAR}-12`];
    expect(await ops(...asked, '--csv')).toEqual({ code: 0, out: text, err: expect.stringMatching(/^Complete for/) });
    const { out } = await ops(...asked, '--currency', 'eur');
    expect(out).toMatch(new RegExp(`^${YEAR}-01 EUR paid: deferred at start 0, paid [1-9]`));
    for (const wrong of [
      ['--from', 'May'],
      ['--currency', 'x'],
      ['--mode', 'both'],
      ['more'],
      [...asked, '--to', '2000-01'],
    ]) {
      expect((await ops(...wrong)).code).toBe(2);
    }
  });

  test('needs the scope ops', async () => {
    const as = await api.makeKey({ scopes: ['ledger:read', 'usage:read', 'config:write'] });
    expect((await api.get(PATH, { as })).body.code).toBe('scope_missing');
  });

  test.each([
    ['from', 'from=2026-02&to=2026-01'],
    ['from', 'from=2010-01&to=2026-01'],
    ['from', 'from=2026-13'],
    ['from', 'from=2026-02-01'],
    ['from', 'from=1969-12&to=1970-01'],
    ['to', 'to=yesterday'],
    ['currency', 'currency=dollars'],
    ['limit', 'limit=101'],
    ['after', 'after=bm9uZQ'],
    ['after', `after=${Buffer.from('finance-months:2026-01 USD stolen').toString('base64url')}`],
    ['after', `after=${Buffer.from("finance-months:2026-01 U'D paid").toString('base64url')}`],
    ['colour', 'colour=red'],
  ])('refuses a wrong %s: %s', async (parameter, query) => {
    const { status, body } = await api.get(`${PATH}?${query}`);
    expect([status, body.errors[0].location]).toEqual([422, `query.${parameter}`]);
  });

  test.each(['limit=5', 'after=bm9uZQ'])('has no pages as CSV: %s', async query => {
    const { status, body } = await api.get(`${PATH}?${query}`, { headers: { accept: 'text/csv' } });
    expect([status, body.code]).toEqual([422, 'invalid_request']);
  });

  function ops(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const tool = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: api.database.url };
    return new Promise(resolve => {
      execFile(process.execPath, [tool, 'finance', ...args], { env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  async function tables(): Promise<Json[]> {
    const read = TABLES.map(async table => {
      const { rows } = await api.database.ownerPool.query(`SELECT t::text AS row FROM ${table} t ORDER BY 1`);
      return rows.map(({ row }) => `${table} ${row}`);
    });
    return (await Promise.all(read)).flat();
  }
});

/** What moved by month and currency, and what was deferred at its end, in cents; from books that look at states only. */
function naiveMonths(of: readonly (typeof years)[number][]): Map<string, Record<string, bigint>> {
  const found = new Map<string, Record<string, bigint>>();
  for (const { entries } of of) {
    const books = new NaiveBooks();
    let before: Record<string, Record<string, bigint>> = {};
    for (const entry of entries) {
      books.book(entry);
      const after: typeof before = {};
      for (const [key, division] of books.divisions(() => 2)) {
        const sums = (after[key.split(' ')[1]!] ??= {
          paid: 0n,
          recognised: 0n,
          breakage: 0n,
          revoked: 0n,
          deferred: 0n,
        });
        for (const [name, amount] of Object.entries(division)) sums[name]! += amount;
      }
      for (const [currency, sums] of Object.entries(after)) {
        const key = `${monthOf(entry.effectiveAt)} ${currency}`;
        const total = found.get(key) ?? { paid: 0n, recognised: 0n, breakage: 0n, revoked: 0n, deferred: 0n };
        for (const [name, amount] of Object.entries(sums)) total[name]! += amount - (before[currency]?.[name] ?? 0n);
        found.set(key, total);
      }
      before = after;
    }
  }
  const sorted = new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  const deferred = new Map<string, bigint>();
  for (const [key, total] of sorted) {
    const currency = key.split(' ')[1]!;
    total['deferred']! += deferred.get(currency) ?? 0n;
    deferred.set(currency, total['deferred']!);
  }
  return sorted;
}

function inCents(row: Json): Record<string, bigint> {
  return Object.fromEntries(MOVED.map(name => [name, cents(row[name])]));
}

function cents(money: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(money)!;
  return BigInt(`${sign}${whole}${fraction.padEnd(2, '0')}`);
}
