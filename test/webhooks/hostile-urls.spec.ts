import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isPublicAddress } from '../../src/webhooks/delivery/public-address.js';
import type { Address, Reach } from '../../src/webhooks/delivery/reach.js';
import { sendEvent } from '../../src/webhooks/delivery/send-event.js';
import { readEndpointUrl } from '../../src/webhooks/endpoints/endpoint-url.js';

const INNER_V4 = [
  '127.0.0.1', '127.0.0.2', '127.1.2.3', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1',
  '100.100.100.200', '100.127.255.255', '168.63.129.16', '169.254.0.1', '169.254.169.254', '169.254.170.2', '172.16.0.1',
  '172.17.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.170', '192.0.0.192', '192.0.2.1', '192.31.196.1', '192.52.193.1',
  '192.88.99.1', '192.168.0.1', '192.168.255.255', '192.175.48.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1',
  '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
]; // prettier-ignore
const INNER_V6 = [
  '::', '::1', '::2', '::127.0.0.1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254',
  '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1',
  '64:ff9b:1::127.0.0.1', '100::1', '2001::1', '2001:0:7f00:1::', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1',
  '2002:7f00:1::', '2002:7f00:1::1', '2002:a00:1::', '2002:a9fe:a9fe::', '3fff::1', '5f00::1', 'fc00::1', 'fd00::1',
  'fd00:ec2::254', 'fd12:3456:789a::1', 'fe80::1', 'fe80::a9fe:a9fe', 'fec0::1', 'ff02::1', 'ff0e::1', '4000::1', '8000::1',
]; // prettier-ignore
/** The same addresses, as nobody in good faith writes them. */
const SPELLINGS = [
  '2130706433', '0x7f000001', '0x7F.0.0.1', '0177.0.0.1', '017700000001', '127.1', '127.0.1', '0x7f.1', '0177.1', '00000177.0.0.1',
  '127.0.0.1.', '127.0.0.01', '127.000.000.001', '0', '0x0', '0.0', '000.000.000.000', '3232235777', '0xc0a80101', '0300.0250.1.1',
  '192.168.257', '10.1', '012.1', '0xa.1', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.16689662', '0xa9.0xfe.0xa9.0xfe',
  '１２７.0.0.1', '127。0。0。1', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1', '127%2e0%2e0%2e1', '0X7F.0X0.0X0.0X1',
  '[0:0:0:0:0:0:0:1]', '[::0001]', '[0000::1]', '[::FFFF:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:0001]', '[::ffff:0x7f.1]',
]; // prettier-ignore
const NAMES = [
  'localhost', 'LOCALHOST', 'localhost.', 'LocalHost.', 'a.localhost', 'foo.bar.localhost', 'ｌocalhost', 'localhost.localdomain',
  'ip6-localhost', 'host.docker.internal', 'gateway.docker.internal', 'metadata.google.internal', 'metadata', 'instance-data',
  'kubernetes.default.svc', 'kubernetes', 'postgres', 'redis', 'db.internal', 'router.lan', 'printer.local', 'nas.home.arpa',
  'intranet', 'wiki.corp', 'x.private', 'something.onion', 'something.invalid', 'something.test', '1.0.0.127.in-addr.arpa',
]; // prettier-ignore
/** Names that anybody may have, whose owner lets them mean whatever pleases. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  'rebind.example.com': ['127.0.0.1'],
  'rebind6.example.com': ['::1'],
  'metadata.example.com': ['169.254.169.254'],
  'mapped.example.com': ['::ffff:127.0.0.1'],
  'nat64.example.com': ['64:ff9b::7f00:1'],
  '6to4.example.com': ['2002:7f00:1::'],
  'private.example.com': ['10.0.0.1'],
  'zero.example.com': ['0.0.0.0'],
  'first-good.example.com': ['93.184.216.34', '127.0.0.1'],
  'last-good.example.com': ['127.0.0.1', '93.184.216.34'],
  'both.example.com': ['93.184.216.34', '::1'],
  'many.example.com': [...Array.from({ length: 20 }, (_, n) => `93.184.216.${n}`), '127.0.0.1'],
  'nothing.example.com': [],
  'rubbish.example.com': ['not an address'],
  '127.0.0.1.nip.example.com': ['127.0.0.1'],
  'carrier.example.com': ['100.64.0.1'],
};

describe('an endpoint that would lead inside', () => {
  let doors: Server[];
  let port: number;
  let knocks = 0;
  let reach: Reach;

  beforeAll(async () => {
    const open = (at: number, host: string) =>
      new Promise<Server>((resolve, reject) => {
        const server = createServer(socket => {
          knocks++;
          socket.destroy();
        });
        server.once('error', reject).listen(at, host, () => resolve(server));
      });
    const first = await open(0, '0.0.0.0');
    port = (first.address() as AddressInfo).port;
    doors = [first, await open(port, '::1').catch(() => first)];
    const resolve = (name: string): Promise<Address[]> =>
      Promise.resolve(
        (ANSWERS[name] ?? ['127.0.0.1']).map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    reach = { allowLoopback: false, resolve };
  });

  afterAll(async () => {
    await Promise.all([...new Set(doors)].map(server => new Promise(resolve => server.close(resolve))));
  });

  const hosts = [
    ...INNER_V4,
    ...INNER_V6.map(address => `[${address}]`),
    ...INNER_V4.slice(0, 20).map(address => `[::ffff:${address}]`),
    ...INNER_V4.slice(0, 20).map(address => `[64:ff9b::${address}]`),
    ...SPELLINGS,
    ...NAMES,
    ...Object.keys(ANSWERS),
  ];
  const urls = (at: string | number): string[] => [
    ...hosts.map(host => `https://${host}:${at}/hooks`),
    ...['http', 'ftp', 'file', 'gopher', 'ws', 'data', 'javascript'].map(scheme => `${scheme}://127.0.0.1:${at}/`),
    `https://user:password@example.com:${at}/`,
    `https://example.com@127.0.0.1:${at}/`,
    `https://127.0.0.1:${at}#@example.com/`,
    `https://127.0.0.1:${at}\\@example.com/`,
    `https:127.0.0.1:${at}/`,
    `https:///127.0.0.1:${at}/`,
    `//127.0.0.1:${at}/`,
  ];

  test('is more than two hundred', () => expect(new Set(urls(8443)).size).toBeGreaterThan(200));

  test('is refused when it is made, where the URL shows it', () => {
    const taken = urls(8443).filter(url => 'url' in readEndpointUrl(url, { allowLoopback: false }));
    const names = Object.keys(ANSWERS).map(name => `https://${name}:8443/hooks`);
    expect(taken.filter(url => !names.includes(url))).toEqual([
      // Of somebody who may have a domain of this name: what it resolves to decides.
      'https://kubernetes.default.svc:8443/hooks',
    ]);
  });

  test('is never connected to, whatever was refused before, and says so', async () => {
    const outcomes = await Promise.all(
      urls(port).map(
        async url => [url, await sendEvent(reach, { url, secrets: [], id: 'evt_1', body: '{}' })] as const,
      ),
    );
    for (const [url, outcome] of outcomes) expect([url, outcome.result]).toEqual([url, 'failed']);
    expect(knocks).toBe(0);
    const failures = new Set(outcomes.map(([, outcome]) => ('failure' in outcome ? outcome.failure : '')));
    for (const failure of failures) expect(failure).not.toMatch(/\d+\.\d+\.\d+\.\d+|::/);
  });

  test('is connected to where its name led when it was looked at, and the name is asked once', async () => {
    const answers = ['127.0.0.1', '10.0.0.1'];
    const rebinding: Reach = {
      allowLoopback: true,
      resolve: async () => [{ address: answers.shift()!, family: 4 }],
    };
    const sending = { url: `https://rebind.example.com:${port}/`, secrets: [], id: 'evt_1', body: '{}' };
    await sendEvent(rebinding, sending);
    expect([knocks, answers]).toEqual([1, ['10.0.0.1']]);
    expect(await sendEvent(rebinding, sending)).toMatchObject({ failure: 'the host is not on the public internet' });
    expect(knocks).toBe(1);
    knocks = 0;
  });

  test('the doors were open: loopback is reached where that is allowed', async () => {
    const allowed = { ...reach, allowLoopback: true };
    await sendEvent(allowed, { url: `http://127.0.0.1:${port}/`, secrets: [], id: 'evt_1', body: '{}' });
    await sendEvent(allowed, { url: `http://localhost:${port}/`, secrets: [], id: 'evt_1', body: '{}' });
    expect(knocks).toBe(2);
    for (const url of [`http://10.0.0.1:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, `http://0.0.0.0:${port}/`]) {
      expect(await sendEvent(allowed, { url, secrets: [], id: 'evt_1', body: '{}' })).toMatchObject({
        failure: 'the host is not on the public internet',
      });
    }
    expect(knocks).toBe(2);
  });

  test('is not what every address is', () => {
    for (const address of [...INNER_V4, ...INNER_V6])
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
    for (const address of ['1.1.1.1', '8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450:4001::5e']) {
      expect([address, isPublicAddress(address)]).toEqual([address, true]);
    }
  });

  test.each([
    'https://example.com/hooks',
    'https://example.com',
    'https://example.com:443/a?b=c',
    'https://example.com:8443/',
    'https://xn--bcher-kva.example.com/',
    'https://bücher.de/',
    'https://93.184.216.34/',
    'https://[2606:4700:4700::1111]/',
  ])('is not %s', url => {
    expect(readEndpointUrl(url, { allowLoopback: false })).toEqual({ url: new URL(url).href });
  });

  test.each([
    ['https://example.com:22/', 'port 443 or 8443'],
    ['http://example.com/', 'https://'],
    ['https://a:b@example.com/', 'user'],
    ['https://example.com/#x', 'fragment'],
    ['https://exam\nple.com/', 'URL like'],
    [`https://example.com/${'x'.repeat(2_048)}`, '2048 characters'],
    [`https://example.com/${'ü'.repeat(1_000)}`, 'percent-encoded'],
    ['example.com', 'URL like'],
    ['', 'URL like'],
  ])('%s is refused with a reason', (url, problem) => {
    expect(readEndpointUrl(url, { allowLoopback: false })).toEqual({ problem: expect.stringContaining(problem) });
  });
});
