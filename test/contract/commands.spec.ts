import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf } from './api.js';

describe('commands', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
  });

  afterAll(() => api.stop());

  test('a grant answers 201 with its lot, its entry and the balances', async () => {
    const body = await api.grant('granted', '100.5', {
      category: 'paid',
      priority: 10,
      expires_at: '2099-01-01T00:00:00+01:00',
      applies_to: { meters: ['render'] },
      cost: { amount: '19.99', currency: 'EUR' },
      reason: 'order 17',
      metadata: { b: '2', a: '1' },
    });
    expect(body).toMatchObject({
      account: 'granted',
      seq: 1,
      entries: [{ seq: 1, type: 'grant', unit: 'credits', amount: '100.5', reason: 'order 17', metadata: { a: '1' } }],
      balances: { credits: { available: '100.5', granted: '100.5', held: '0' } },
      lot: {
        unit: 'credits',
        category: 'paid',
        priority: 10,
        granted: '100.5',
        remaining: '100.5',
        expires_at: '2098-12-31T23:00:00.000Z',
        applies_to: { meters: ['render'] },
        cost: { amount: '19.99', currency: 'EUR' },
      },
    });
  });

  test('a grant is promotional with priority 50 in credits unless it says otherwise', async () => {
    const { lot } = await api.grant('plain', '1');
    expect(lot).toMatchObject({ category: 'promotional', priority: 50, unit: 'credits', expires_at: null });
  });

  test('an integer is as good as a decimal string', async () => {
    const answer = await api.post(`${pathOf('integer')}/grants`, { amount: 9007199254740 });
    expect(expectStatus(201, answer).balances.credits.available).toBe('9007199254740');
  });

  test('a reference is granted once per account, for ever', async () => {
    const first = await api.grant('referred', '5', { reference: 'order-17' });
    const again = await api.post(`${pathOf('referred')}/grants`, { amount: '5', reference: 'order-17' });
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'fact_already_recorded', retryable: false, entry: first.entries[0].id },
    });
    await api.grant('referred-elsewhere', '5', { reference: 'order-17' });
  });

  test('a reservation holds for 15 minutes, may be committed for less, and returns the rest', async () => {
    await api.grant('reserving', '100');
    const held = await api.reserve('reserving', '40', { metadata: { run: '1' }, member: 'ann' });
    expect(held.balances.credits).toMatchObject({ available: '60', held: '40' });
    expect(held.reservation).toMatchObject({
      status: 'open',
      account: 'reserving',
      overage: 'allow_available',
      late: 'reject',
      member: 'ann',
      metadata: { run: '1' },
      lines: [{ unit: 'credits', reserved: '40', committed: '0', released: '0', refunded: '0' }],
    });
    const seconds = (Date.parse(held.reservation.expires_at) - Date.parse(held.reservation.created_at)) / 1000;
    expect(seconds).toBe(900);

    const { body } = await api.post(`/v1/reservations/${held.reservation.id}/commit`, {
      amount: '31.5',
      provider_cost: { amount: '0.0213', currency: 'USD' },
      metadata: { model: 'm' },
    });
    expect(body.reservation).toMatchObject({
      id: held.reservation.id,
      status: 'closed',
      lines: [{ committed: '31.5', released: '8.5' }],
    });
    expect(body.balances.credits).toMatchObject({ available: '68.5', held: '0', spent: '31.5' });
  });

  test('a commit without an amount takes all that is held, one of 0 takes nothing', async () => {
    await api.grant('whole', '10');
    const first = await api.reserve('whole', '4');
    const all = await api.post(`/v1/reservations/${first.reservation.id}/commit`, undefined);
    expect(all.body.balances.credits).toMatchObject({ available: '6', spent: '4' });
    const second = await api.reserve('whole', '4');
    const none = await api.post(`/v1/reservations/${second.reservation.id}/commit`, { amount: '0' });
    expect(none.body.balances.credits).toMatchObject({ available: '6', spent: '4' });
    expect(none.body.reservation.status).toBe('closed');
  });

  test('a commit that is not final keeps the hold open', async () => {
    await api.grant('captured', '10');
    const { reservation } = await api.reserve('captured', '8');
    const capture = await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '3', final: false });
    expect(capture.body.reservation).toMatchObject({ status: 'open', lines: [{ committed: '3' }] });
    expect(capture.body.balances.credits).toMatchObject({ held: '5', spent: '3' });
  });

  test('several lines are held, committed and refunded by unit', async () => {
    await api.grant('lined', '10');
    await api.grant('lined', '3', { unit: 'images' });
    const answer = await api.post(`${pathOf('lined')}/reservations`, {
      lines: [
        { unit: 'credits', amount: '2.5' },
        { unit: 'images', amount: 2 },
      ],
    });
    const { reservation, entries } = expectStatus(201, answer);
    expect(entries).toHaveLength(2);
    const commit = await api.post(`/v1/reservations/${reservation.id}/commit`, {
      lines: [{ unit: 'images', amount: '1' }],
    });
    expect(expectStatus(200, commit).reservation.lines).toEqual([
      { unit: 'credits', reserved: '2.5', committed: '0', released: '2.5', refunded: '0' },
      { unit: 'images', reserved: '2', committed: '1', released: '1', refunded: '0' },
    ]);
    const refund = await api.post(`/v1/reservations/${reservation.id}/refund`, { amount: 1, unit: 'images' });
    expect(expectStatus(201, refund).balances.images.available).toBe('3');
  });

  test('a release gives everything back', async () => {
    await api.grant('released', '10');
    const { reservation } = await api.reserve('released', '8');
    const { body } = await api.post(`/v1/reservations/${reservation.id}/release`, { reason: 'not needed' });
    expect(body.reservation).toMatchObject({ status: 'closed', lines: [{ released: '8' }] });
    expect(body.entries[0]).toMatchObject({ type: 'release', reason: 'not needed' });
  });

  test('a reservation grows, and lives longer but never shorter', async () => {
    await api.grant('extended', '10');
    const { reservation } = await api.reserve('extended', '2', { ttl_seconds: 600 });
    const shorter = await api.post(`/v1/reservations/${reservation.id}/extend`, { ttl_seconds: 1 });
    expect(shorter.body.reservation.expires_at).toBe(reservation.expires_at);
    const longer = await api.post(`/v1/reservations/${reservation.id}/extend`, { ttl_seconds: 3600, add_amount: '3' });
    expect(Date.parse(longer.body.reservation.expires_at)).toBeGreaterThan(Date.parse(reservation.expires_at));
    expect(longer.body.reservation.lines[0].reserved).toBe('5');
  });

  test('a charge spends at once and is refunded through its entry', async () => {
    await api.grant('charged', '10');
    const charge = expectStatus(201, await api.post(`${pathOf('charged')}/charges`, { amount: '4', reason: 'export' }));
    expect(charge.entries).toMatchObject([{ type: 'commit', amount: '4', reason: 'export' }]);
    const refund = await api.post(`/v1/entries/${charge.entries[0].id}/refund`, { amount: '1.5', reason: 'half' });
    expect(expectStatus(201, refund)).toMatchObject({
      entries: [{ type: 'refund', amount: '1.5', refunds: charge.entries[0].id }],
      balances: { credits: { available: '7.5', spent: '2.5' } },
    });
    const rest = await api.post(`/v1/entries/${charge.entries[0].id}/refund`, {});
    expect(expectStatus(201, rest).balances.credits).toMatchObject({ available: '10', spent: '0' });
  });

  test('a charge may use the overdraft limit where it says so', async () => {
    await api.grant('overdrawn', '1');
    await api.put(pathOf('overdrawn'), { overdraft_limits: { credits: '5' } });
    const charge = await api.post(`${pathOf('overdrawn')}/charges`, { amount: '4', overage: 'allow_debt' });
    expect(expectStatus(201, charge).balances.credits).toMatchObject({ available: '0', debt: '3', spent: '4' });
  });

  test('a revoke takes the lot back, and what was spent of it becomes debt', async () => {
    const { lot } = await api.grant('revoked', '10', { category: 'paid' });
    await api.post(`${pathOf('revoked')}/charges`, { amount: '4' });
    const revoke = await api.post(`/v1/lots/${lot.id}/revoke`, { amount: '10', reason: 'money back' });
    expect(expectStatus(200, revoke).balances.credits).toMatchObject({ available: '0', revoked: '10', debt: '4' });
  });

  test('a revoke without an amount takes what is left of the lot', async () => {
    const { lot } = await api.grant('revoked-rest', '10');
    await api.post(`${pathOf('revoked-rest')}/charges`, { amount: '4' });
    const revoke = await api.post(`/v1/lots/${lot.id}/revoke`, {});
    expect(revoke.body.balances.credits).toMatchObject({ available: '0', revoked: '6', debt: '0' });
    const again = await api.post(`/v1/lots/${lot.id}/revoke`, {});
    expect(again).toMatchObject({ status: 200, body: { entries: [] } });
  });

  test('settings are replaced by what is given and answer as a mutation', async () => {
    const first = await api.put(pathOf('configured'), {
      overdraft_limits: { credits: '1.5' },
      metadata: { plan: 'x' },
    });
    expect(first.body).toMatchObject({ seq: 1, entries: [{ type: 'configure' }] });
    await api.put(pathOf('configured'), { metadata: { plan: 'y' } });
    const { body } = await api.get(pathOf('configured'));
    expect(body).toMatchObject({
      seq: 2,
      overdraft_limits: { credits: '1.5' },
      metadata: { plan: 'y' },
      frozen: false,
    });
    const same = await api.put(pathOf('configured'), { metadata: { plan: 'y' } });
    expect(same.body).toMatchObject({ seq: 2, entries: [] });
  });

  test('a frozen account refuses new work and goes on with the old', async () => {
    await api.grant('frozen', '10');
    const { reservation } = await api.reserve('frozen', '2');
    const frozen = await api.post(`${pathOf('frozen')}/freeze`, { reason: 'looks stolen' });
    expect(frozen.body.entries).toMatchObject([{ type: 'freeze', reason: 'looks stolen' }]);
    const again = await api.post(`${pathOf('frozen')}/freeze`, {});
    expect(again.body.entries).toEqual([]);
    const refused = await api.post(`${pathOf('frozen')}/reservations`, { amount: '1' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'account_frozen' } });
    const growth = await api.post(`/v1/reservations/${reservation.id}/extend`, { add_amount: '1' });
    expect(growth).toMatchObject({ status: 409, body: { code: 'account_frozen' } });
    expectStatus(200, await api.post(`/v1/reservations/${reservation.id}/commit`, {}));
    await api.grant('frozen', '1');
    expectStatus(200, await api.post(`${pathOf('frozen')}/unfreeze`, {}));
    await api.reserve('frozen', '1');
  });

  test('check says what a reservation would, and holds nothing', async () => {
    await api.grant('checked', '10');
    const yes = await api.post(`${pathOf('checked')}/check`, { amount: '10' }, { key: null });
    expect(yes.body).toMatchObject({ allowed: true, seq: 1, balances: { credits: { available: '10', held: '0' } } });
    expect(yes.body.code).toBeUndefined();
    const no = await api.post(`${pathOf('checked')}/check`, { amount: '10.000001' }, { key: null });
    expect(no.body).toMatchObject({
      allowed: false,
      code: 'insufficient_credits',
      shortfall: [{ unit: 'credits', required: '10.000001', available: '10', held: '0', open_reservations: 0 }],
      seq: 1,
    });
  });

  test('checking a unit that nobody has used does not use it', async () => {
    await api.put('/v1/units/unused', { kind: 'prepaid', scale: 3 });
    const answer = await api.post(`${pathOf('nobody')}/check`, { amount: '0.125', unit: 'unused' }, { key: null });
    expect(answer.body).toMatchObject({ allowed: false, seq: 0, shortfall: [{ required: '0.125', available: '0' }] });
    expectStatus(200, await api.put('/v1/units/unused', { kind: 'prepaid', scale: 2 }));
  });
});
