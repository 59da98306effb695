import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CONTROLLERS } from '../../src/transport/http/controllers.js';
import { callsOf } from '../../src/transport/http/openapi/calls-of.js';
import { seededRandom, type SeededRandom } from '../../tools/client/seeded-random.js';
import { Api, type Sent } from './api.js';

const REQUESTS = 10_000;
const AT_ONCE = 40;
const SEED = Number(process.env['MALFORMED_SEED'] ?? 1);

const CALLS = callsOf(CONTROLLERS).filter(({ call }) => call.scope !== null);

/** What must never leave the service: a stack, a place in the code, a statement, what PostgreSQL says. */
const LEAK =
  /\bat \S+ \(|\.[jt]s:\d+|node_modules|\bSELECT\b.*\bFROM\b|syntax error|violates|relation "|invalid input syntax/;

const HOSTILE_TEXT = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  '\udc00x',
  '__proto__',
  'constructor',
  "'; DROP TABLE entries; --",
  '${jndi:ldap://x}',
  '%00',
  '\r\nX-Injected: 1',
  '../../etc/passwd',
  '😀'.repeat(300),
  'x'.repeat(300),
  'x'.repeat(20_000),
  '\u202e',
  'credits',
  'NaN',
  'é',
];
const HOSTILE_NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '1.0',
  '1e3',
  '1e400',
  '-1e400',
  '0.1',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '2147483648',
  '1E-400',
  '1.7976931348623157e309',
];
const HOSTILE_AMOUNTS = [
  '0',
  '-1',
  '+1',
  '01',
  '1.',
  '.1',
  '1.0000000',
  '1,5',
  ' 1',
  '1 ',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  '１',
  '9223372036854.775807',
  '9223372036854.775808',
  '9'.repeat(70),
  '0'.repeat(70),
  '1'.repeat(5000),
  '1.5',
  '0.000001',
  '0.0000001',
  '',
];
const FIELDS = [
  'amount',
  'unit',
  'category',
  'priority',
  'expires_at',
  'applies_to',
  'cost',
  'reference',
  'reason',
  'metadata',
  'lines',
  'ttl_seconds',
  'grace_seconds',
  'overage',
  'late',
  'member',
  'final',
  'add_amount',
  'provider_cost',
  'overdraft_limits',
  'commands',
  'kind',
  'scale',
  'name',
  'mode',
  'scopes',
  'rate_limit_per_second',
  'id',
  'type',
  'account',
  'reservation',
  'lot',
  'entry',
  'idempotency_key',
  'meters',
  'currency',
  '__proto__',
  'constructor',
  'unknown',
];
const SENSIBLE: Readonly<Record<string, string>> = {
  amount: '"1"',
  unit: '"credits"',
  lines: '[{"unit":"credits","amount":"1"}]',
  kind: '"prepaid"',
  scale: '2',
  name: '"n"',
  mode: '"live"',
  scopes: '["ledger:read"]',
  add_amount: '"1"',
  ttl_seconds: '60',
  type: '"grant"',
  id: '"1"',
  account: '"a"',
  idempotency_key: '"k"',
  commands: '[{"id":"1","type":"grant","account":"a","idempotency_key":"k","amount":"1"}]',
};

describe(`${REQUESTS.toLocaleString('en')} generated requests, most of them malformed (seed ${SEED})`, () => {
  let api: Api;
  let ids: Record<'res' | 'lot' | 'ent', string>;

  beforeAll(async () => {
    api = await Api.start();
    const { lot, entries } = await api.grant('a', '1000');
    const { reservation } = await api.reserve('a', '10');
    ids = { res: reservation.id, lot: lot.id, ent: entries[0].id };
  });

  afterAll(() => api.stop());

  test('get an answer of the API: never a 5xx, a stack trace or SQL', async () => {
    const random = seededRandom(SEED);
    const requests = Array.from({ length: REQUESTS }, () => makeRequest(random, ids)).values();
    const statuses = new Map<number, number>();
    const work = async () => {
      for (const { method, path, sent } of requests) {
        const answer = await api.call(method, path, sent);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const told = { method, path, sent: JSON.stringify(sent).slice(0, 2000), answer: answer.text.slice(0, 500) };
        if (answer.status >= 500 || LEAK.test(answer.text)) throw new Error(JSON.stringify(told, null, 2));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    // Blind generators make only one kind of noise.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 402, 404, 415, 422]));
  }, 600_000);

  test('leave the ledger in one piece: balances are the sum of the entries', async () => {
    const { rows } = await api.database.ownerPool.query(`
      SELECT count(*) AS accounts, count(*) FILTER (WHERE a.balances <> e.sums) AS wrong FROM accounts a JOIN LATERAL (
        SELECT ARRAY[sum(coalesce(granted, 0)), sum(coalesce(available, 0)), sum(coalesce(held, 0)), sum(coalesce(spent, 0)),
          sum(coalesce(expired, 0)), sum(coalesce(revoked, 0)), sum(coalesce(debt, 0))]::bigint[] AS sums
        FROM entries WHERE entries.account_no = a.account_no AND unit IS NOT NULL) e ON true
      WHERE cardinality(a.units) = 1`);
    expect(Number(rows[0].accounts)).toBeGreaterThan(0);
    expect(Number(rows[0].wrong)).toBe(0);
  });

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['two lengths', 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
    [
      'a length and chunks',
      'POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header of 100 KB', `GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['a chunk that is none', 'POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('%s is refused on the wire, in the words of the API', async (_, bytes) => {
    const answer = await api.raw(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).toContain('application/problem+json');
    expect(answer).not.toMatch(LEAK);
  });
});

function makeRequest(random: SeededRandom, ids: Record<string, string>): { method: string; path: string; sent: Sent } {
  const { method, path, call } = random.pick(CALLS);
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => pathParameter(random, name, ids));
  const key = random.chance(0.9) ? undefined : random.pick([null, '', 'k'.repeat(300), 'same', 'ä']);
  const headers = random.chance(0.05)
    ? random.pick<Record<string, string>>([
        { 'content-type': 'text/plain' },
        { 'content-encoding': 'br' },
        { 'request-id': '<script>' },
        { 'content-type': 'application/json; charset=latin1' },
        { accept: 'text/html' },
      ])
    : {};
  const body = call.body === undefined ? undefined : makeBody(random);
  return {
    method: method.toUpperCase(),
    path: url + (random.chance(0.5) ? query(random) : ''),
    sent: { headers, ...(key !== undefined && { key }), ...(body !== undefined && { body }) },
  };
}

function pathParameter(random: SeededRandom, name: string, ids: Record<string, string>): string {
  if (random.chance(0.6))
    return name === 'account' ? 'a' : name === 'unit' ? 'credits' : random.pick(Object.values(ids));
  const hostile = random.pick([...HOSTILE_TEXT, ...Object.values(ids).map(id => `${id}x`), 'res_', '.', '..']);
  const encoded = random.chance(0.1) ? random.pick(['%', '%zz', '%ff%fe', '%ed%a0%80', ';', '%2f']) : encode(hostile);
  return encoded === '' ? 'x' : encoded.slice(0, 14_000);
}

/** `encodeURIComponent` refuses lone surrogates; what they would be is not UTF-8. */
function encode(text: string): string {
  return /\p{Surrogate}/u.test(text) ? '%ed%a0%80' : encodeURIComponent(text);
}

function query(random: SeededRandom): string {
  const names = ['limit', 'after', 'type', 'unit', 'from', 'to', 'as_of', 'status', '__proto__', 'x'];
  const pairs = Array.from({ length: random.integer(1, 3) }, () => {
    const value = random.pick([
      ...HOSTILE_TEXT.slice(0, 14),
      ...HOSTILE_NUMBERS,
      '2026-01-01T00:00:00Z',
      '0000-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      'grant',
      'ZW50cmllczoz',
    ]);
    return `${random.pick(names)}=${encode(value).slice(0, 3000)}`;
  });
  return `?${pairs.join('&')}`;
}

/** JSON text, or nearly. */
function makeBody(random: SeededRandom): string | Buffer {
  const json = random.chance(0.5) ? makeObject(random, 0) : makeValue(random, 0);
  if (random.chance(0.9)) return json;
  return random.pick<() => string | Buffer>([
    () => json.slice(0, random.integer(0, json.length)),
    () => `${json}${json}`,
    () => `\ufeff${json}`,
    () => '['.repeat(random.integer(1, 50_000)),
    () => `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`,
    () => Buffer.concat([Buffer.from(json), Buffer.from([0xff, 0xfe])]),
    () => Buffer.from(json, 'utf16le'),
    () => '',
    () => json.replace('{', '{"amount":"1","amount":"2",'),
  ])();
}

function makeObject(random: SeededRandom, depth: number): string {
  const names = new Set(Array.from({ length: random.integer(0, 4) }, () => random.pick(FIELDS)));
  if (random.chance(0.6)) names.add('amount');
  const members = [...names].map(name => {
    const sensible = SENSIBLE[name];
    const value = sensible !== undefined && random.chance(0.7) ? sensible : makeValue(random, depth + 1);
    return `${JSON.stringify(name)}:${value}`;
  });
  return `{${members.join(',')}}`;
}

function makeValue(random: SeededRandom, depth: number): string {
  const dice = random.next();
  if (dice < 0.25) return JSON.stringify(random.pick(HOSTILE_AMOUNTS));
  if (dice < 0.45) return random.pick(HOSTILE_NUMBERS);
  if (dice < 0.65) return JSON.stringify(random.pick(HOSTILE_TEXT));
  if (dice < 0.75) return random.pick(['true', 'false', 'null', '[]', '{}']);
  if (depth > 4) return 'null';
  if (dice < 0.85)
    return `[${Array.from({ length: random.integer(0, 25) }, () => makeValue(random, depth + 2)).join(',')}]`;
  return makeObject(random, depth + 1);
}
