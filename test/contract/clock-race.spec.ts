import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditLedger } from '../support/audit.js';
import { eventually } from '../support/data-dir.js';
import { expectInTime } from '../support/in-time.js';
import { Api, expectStatus, pathOf, type Answer } from './api.js';
import { ClockedApi } from './clocks.js';

const AT = '2027-03-01T12:00:00.000Z';
/** As many as two clocks take. */
const ACCOUNTS = 120;
/** Far less than it takes to find a deadlock and try again; far more than a busy machine needs. */
const LONGEST_WAIT_MS = 8_000;
const LATER = '2027-04-01T12:00:00.000Z';

let live: Api;
let second: Api;

beforeAll(async () => {
  live = await Api.start();
  second = await Api.start(live);
  expectStatus(200, await live.put('/v1/units/seats', { kind: 'allowance', scale: 0 }));
  const free = { name: 'Hourly', publish: true, period: { every: 'hour' }, grants: [{ unit: 'credits', amount: '5' }] };
  expectStatus(200, await live.put('/v1/plans/hourly', free));
});

afterAll(async () => {
  expect(await auditLedger(live.database)).toEqual([]);
  await second.stop();
  await live.stop();
});

test('what was decided before an advance that commits first is decided again, by the new time', async () => {
  const api = await ClockedApi.over(live);
  const clock = await api.account('overtaken', AT);
  await api.grant('overtaken', '5');
  const mover = await live.database.ownerPool.connect();
  try {
    await mover.query('BEGIN');
    await mover.query('UPDATE test_clocks SET now_at = $2 WHERE id = $1', [clock, LATER]);
    // Reads the clock as it was, decides, and waits for its row. Seen from outside: within a transaction
    // pg_stat_activity stays as it was first seen.
    const charged = api.post(`${pathOf('overtaken')}/charges`, { amount: '1' });
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => (await live.database.ownerPool.query(waits)).rowCount! > 0);
    await mover.query('COMMIT');
    expect(expectStatus(201, await charged).entries[0].effective_at).toBe(LATER);
  } finally {
    mover.release();
  }
});

test('accounts that take clocks, their first spends and advances race on two replicas: each is settled at once, by some time of its clock', async () => {
  await expectInTime(LONGEST_WAIT_MS, race);
}, 600_000);

/** @returns how long the slowest call took */
async function race(round: number): Promise<number> {
  const api = await ClockedApi.over(live);
  const replicas = [api, api.through(second)];
  const clocks = [await api.clock(AT), await api.clock(AT)];
  const slowest: number[] = [];
  const timed = async (work: Promise<Answer>): Promise<Answer> => {
    const since = performance.now();
    const answer = await work;
    slowest.push(performance.now() - since);
    return answer;
  };
  const deadlocksBefore = await deadlocks();
  const over = new AbortController();
  const advances = clocks.map(async (clock, index) => {
    for (let hour = 1; !over.signal.aborted; hour++) {
      const to = { to_at: new Date(Date.parse(AT) + hour * 3_600_000).toISOString() };
      expect((await timed(replicas[(hour + index) % 2]!.post(`/v1/test-clocks/${clock}/advance`, to))).status).toBe(
        200,
      );
    }
  });
  const takers = Array.from({ length: ACCOUNTS }, async (_, number) => {
    const name = `raced_${round}_${number}`;
    const [one, other] = number % 2 === 0 ? replicas : replicas.toReversed();
    const clock = clocks[number % 3 === 0 ? 0 : 1]!;
    const [taken, first] = await Promise.all([
      timed(one!.put(pathOf(name), { test_clock: clock })),
      timed(other!.post(`${pathOf(name)}/grants`, { amount: '1' })),
    ]);
    // Whichever comes first decides whether the account lives by the clock.
    expect([200, 409]).toContain(taken.status);
    expect(first.status).toBe(201);
    if (taken.status === 200) await one!.subscribe(name, { plan: 'hourly' });
    for (let spend = 0; spend < 10; spend++) {
      const by = replicas[spend % 2]!;
      const spent = [by, other!].map(replica => timed(replica.post(`${pathOf(name)}/charges`, { amount: '0.01' })));
      for (const { status } of await Promise.all(spent)) expect(status).toBe(201);
    }
    return taken.status;
  });
  const statuses = await Promise.all(takers);
  over.abort();
  await Promise.all(advances);
  expect(new Set(statuses)).toContain(200);
  expect((await deadlocks()) - deadlocksBefore).toBe(0);
  return Math.max(...slowest);
}

/** PostgreSQL counts them once the session that met one is idle for a moment. */
async function deadlocks(): Promise<number> {
  await new Promise(resolve => setTimeout(resolve, 1_500));
  const { rows } = await live.database.ownerPool.query(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  return rows[0].deadlocks;
}
