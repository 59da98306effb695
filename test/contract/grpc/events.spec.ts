import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GrpcClient } from '../../support/grpc-client.js';
import { Api, expectStatus, pathOf } from '../api.js';

describe('spends by event over gRPC', () => {
  let api: Api;
  let grpc: GrpcClient;

  beforeAll(async () => {
    api = await Api.start();
    grpc = await api.grpc();
    const rates = (charge: object) => ({ charges: [{ unit: 'credits', ...charge }] });
    const meters = {
      tokens: rates({ per: '1000', prices: [{ match: { model: '*' }, rates: { input: '1', output: '4' } }] }),
      images: rates({ prices: [{ rate: '2' }] }),
    };
    expectStatus(200, await api.put('/v1/rate-cards/default', { rounding: 'up', publish: true, meters }));
    await api.grant('a', '100');
  });

  afterAll(async () => {
    grpc.close();
    await api.stop();
  });

  const TOKENS = { meter: 'tokens', properties: { model: 'small' } };
  const KINDS = { input: '1000', output: '500' };

  test('a reserve and its commit are the same requests as over HTTP, and the same answers', async () => {
    const first = await api.post(`${pathOf('a')}/reservations`, { ...TOKENS, quantity: KINDS }, { key: 'r' });
    const again = await grpc.call('reserveCredits', {
      account: 'a',
      idempotency_key: 'r',
      ...TOKENS,
      quantity: { kinds: KINDS },
    });
    expect(again).toMatchObject({ replayed: true, entries: [{ amount: '3' }] });
    expect(again.entries![0]!.event).toEqual({
      meter: 'tokens',
      quantity: { kinds: KINDS },
      properties: { model: 'small' },
      card: 'default',
      version: 1,
      lines: [{ unit: 'credits', amount: '3' }],
    });
    const reservation = first.body.reservation.id;
    const spent = await grpc.call('commitReservation', {
      reservation,
      idempotency_key: 'c',
      quantity: { kinds: { output: '250' } },
      properties: { model: 'large' },
    });
    expect(spent.entries![0]).toMatchObject({ amount: '1', event: { properties: { model: 'large' } } });
    const body = { quantity: { output: '250' }, properties: { model: 'large' } };
    const repeated = await api.post(`/v1/reservations/${reservation}/commit`, body, { key: 'c' });
    expect(repeated.headers['idempotency-replayed']).toBe('true');
  });

  test('a charge of one amount, and a check', async () => {
    const charged = await grpc.call('chargeCredits', {
      account: 'a',
      idempotency_key: 'i',
      meter: 'images',
      quantity: { amount: '3' },
    });
    expect(charged.entries![0]).toMatchObject({ amount: '6', event: { quantity: { amount: '3' } } });
    const asked = { account: 'nobody', meter: 'images', quantity: { amount: '3' } };
    expect(await grpc.call('checkReservation', asked)).toMatchObject({ shortfall: [{ required: '6' }] });
  });

  test('one amount and amounts by kind at once are refused, and so is an unknown meter', async () => {
    const both = {
      account: 'a',
      idempotency_key: 'b',
      meter: 'images',
      quantity: { amount: '3', kinds: { input: '1' } },
    };
    await expect(grpc.call('chargeCredits', both)).rejects.toMatchObject({ code: 'invalid_request' });
    const unknown = { account: 'a', idempotency_key: 'u', meter: 'nothing', quantity: { amount: '3' } };
    await expect(grpc.call('chargeCredits', unknown)).rejects.toMatchObject({ code: 'meter_not_found' });
  });
});
