import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf } from './api.js';
import { ClockedApi } from './clocks.js';

const AT = '2027-03-01T12:00:00.000Z';
const LATER = '2027-04-01T12:00:00.000Z';

let live: Api;

beforeAll(async () => {
  live = await Api.start();
});

afterAll(() => live.stop());

test('what was decided before an advance that commits first is decided again, by the new time', async () => {
  const api = await ClockedApi.over(live);
  const clock = await api.account('overtaken', AT);
  await api.grant('overtaken', '5');
  const mover = await live.database.ownerPool.connect();
  try {
    await mover.query('BEGIN');
    await mover.query('UPDATE test_clocks SET now_at = $2 WHERE id = $1', [clock, LATER]);
    // Reads the clock as it was, decides, and waits for its row.
    const charged = api.post(`${pathOf('overtaken')}/charges`, { amount: '1' });
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await mover.query(waits)).rowCount === 0);
    await mover.query('COMMIT');
    expect(expectStatus(201, await charged).entries[0].effective_at).toBe(LATER);
  } finally {
    mover.release();
  }
});
