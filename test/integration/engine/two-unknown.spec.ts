import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { eventually } from '../../support/data-dir.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

/** So late is the answer that the engine knows the time by; less than what it allows the clock to be wrong. */
const LATE_MS = 150;
/** After the first of the two was sent: the second is out of its time by then, the first is not yet. */
const DELIVERED_AFTER_MS = 130;

/** Between the engine and PostgreSQL: holds what goes either way on the connection of the first append, each until told. */
class SlowNetwork {
  armed = false;
  holdsRequests = false;
  holdsAnswers = false;
  readonly requests: Buffer[] = [];
  private readonly answers: Buffer[] = [];
  private lane: { readonly client: Socket; readonly upstream: Socket } | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', client => this.accept(client));
  }

  static async open(databaseUrl: string): Promise<SlowNetwork> {
    const server = createServer();
    const network = new SlowNetwork(server, new URL(databaseUrl));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  answer(): void {
    this.holdsAnswers = false;
    for (const data of this.answers.splice(0)) this.lane!.client.write(data);
  }

  /** For the engine; PostgreSQL does not hear of it. */
  cut(): void {
    this.lane!.client.destroy();
  }

  deliver(): void {
    for (const data of this.requests.splice(0)) this.lane!.upstream.write(data);
  }

  async close(): Promise<void> {
    this.lane?.upstream.destroy();
    await new Promise(resolve => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    const own = { client, upstream };
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('data', data => {
      if (this.armed && data.includes('append\0')) this.lane ??= own;
      if (own === this.lane && this.holdsRequests) this.requests.push(data);
      else upstream.write(data);
    });
    upstream.on('data', data => {
      if (own === this.lane && this.holdsAnswers) this.answers.push(data);
      else client.write(data);
    });
    client.on('close', () => own !== this.lane && upstream.destroy());
    upstream.on('close', () => client.destroy());
  }
}

let database: TestDatabase;
let network: SlowNetwork;
let engine: Engine;
let teller: Teller;

beforeEach(async () => {
  database = await createTestDatabase();
  network = await SlowNetwork.open(database.url);
  engine = await openEngine(database, { connectTo: { ...database.appLogin, url: network.url } });
  teller = new Teller(engine);
});

afterEach(async () => {
  await engine.writePath.drain();
  expect(await auditLedger(database)).toEqual([]);
  await network.close();
  await database.close();
});

async function charged(account: string): Promise<number> {
  const { rows } = await database.ownerPool.query(
    `SELECT count(*)::int AS count FROM entries JOIN account_names USING (account_no) WHERE type = 'commit' AND id ~ $1`,
    [account],
  );
  return rows[0].count;
}

/**
 * Two statements are in the network when the connection is lost. What the engine knows of the clock came late before the
 * second was decided, so that one is out of its time before the first is. The first grants and charges; nobody asks for
 * the grant any more, so a charge that is tried again too soon is refused, and then done all the same.
 */
test('a statement is not tried again while it can still be done, though the one sent behind it is out of its time', async () => {
  const [zeroth, first, second] = ['b', 'c', 'd'].map(name => Array.from({ length: 24 }, (_, no) => `${name}${no}`));
  const everybody = ['a', ...zeroth!, ...first!, ...second!];
  await Promise.all(everybody.map(account => teller.grant(account, 1)));
  const chargeAll = (accounts: string[] | undefined) =>
    accounts!.map(account => teller.charge(account, 1, {}, { key: `k ${account}` }));

  network.armed = true;
  network.holdsAnswers = true;
  const zerothBegan = performance.now();
  const calls = chargeAll(zeroth);
  await eventually(async () => (await charged('^b')) === 24);
  network.holdsRequests = true;
  await sleep(LATE_MS - (performance.now() - zerothBegan));

  const firstBegan = performance.now();
  const impatient = refusalOf(teller.grant('a', 100, {}, { key: 'grant', deadlineAt: performance.now() + 15 }));
  const outcome = teller.charge('a', 50, {}, { key: 'charge' }).then(
    () => 'charged',
    () => 'refused',
  );
  calls.push(...chargeAll(first));
  await eventually(() => network.requests.length > 0);
  await sleep(20);
  const sent = network.requests.length;
  network.answer();
  await Promise.all(calls.slice(0, 24));
  calls.push(...chargeAll(second));
  await eventually(() => network.requests.length > sent);
  network.cut();
  void sleep(DELIVERED_AFTER_MS - (performance.now() - firstBegan)).then(() => network.deliver());

  expect(await impatient).toMatchObject({ code: 'busy' });
  const told = await outcome;
  await Promise.all(calls);
  // Whatever was on its way has arrived by then.
  await sleep(2 * DELIVERED_AFTER_MS);
  expect(await charged('^a$')).toBe(told === 'charged' ? 1 : 0);
});
