import { describe, expect, it } from '@jest/globals';
import { Stripe } from 'stripe';
import { MOST_ATTEMPTS } from '../intake/patience.js';
import { fateAfterFailure, fateBeforeSending, type Attempted } from './what-came-of-it.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 31);
const attempt = { attempts: 1, usedAt: NOW - HOUR, sentBefore: null };
const sent = { ...attempt, sentBefore: NOW - HOUR };

const answered = (statusCode: number, param?: string): Stripe.errors.StripeError =>
  new Stripe.errors.StripeInvalidRequestError({
    type: 'invalid_request_error',
    message: 'no',
    statusCode,
    ...(param && { param }),
  } as never);

describe('a report that is due', () => {
  it('is sent', () => expect(fateBeforeSending(attempt, NOW)).toBeNull());

  it('is sent again as long as its identifier protects it', () => {
    expect(fateBeforeSending({ ...sent, sentBefore: NOW - 23 * HOUR }, NOW)).toBeNull();
    expect(fateBeforeSending({ ...sent, sentBefore: NOW - 23 * HOUR - 1 }, NOW)).toMatchObject({ state: 'unsure' });
  });

  it('is not sent when it is older than what Stripe takes', () => {
    expect(fateBeforeSending({ ...attempt, usedAt: NOW - 35 * DAY + HOUR }, NOW)).toBeNull();
    const old = { ...attempt, usedAt: NOW - 35 * DAY };
    expect(fateBeforeSending(old, NOW)).toMatchObject({ state: 'refused' });
    expect(fateBeforeSending({ ...old, sentBefore: NOW - HOUR }, NOW)).toMatchObject({ state: 'unsure' });
  });
});

describe('a report that Stripe did not take', () => {
  const fate = (error: unknown, attempted: Attempted = attempt) => fateAfterFailure(error, attempted, 1);

  it('is there when its identifier is known already', () => {
    expect(fate(answered(400, 'identifier'))).toEqual({ state: 'reported' });
  });

  it('is for people when it was refused', () => {
    expect(fate(answered(400, 'event_name'))).toEqual({ state: 'refused', error: 'no' });
    expect(fate(answered(404))).toEqual({ state: 'refused', error: 'no' });
    expect(fate(answered(400, 'event_name'), sent)).toEqual({ state: 'unsure', error: 'no' });
  });

  it('is tried again later when Stripe had no time for it, or no key fits', () => {
    for (const status of [401, 403, 409, 429]) {
      expect(fate(answered(status))).toEqual({ state: 'failed', error: 'no', isSent: false, pauseMs: 1_000 });
    }
    expect(fate(answered(429), sent)).toMatchObject({ state: 'failed', isSent: true });
  });

  it('may be there when nobody answered, or the answer was that something broke', () => {
    expect(fate(answered(500))).toMatchObject({ state: 'failed', isSent: true });
    expect(fate(new Error('socket hang up'))).toMatchObject({ state: 'failed', isSent: true });
  });

  it('is given up after as many attempts as an event', () => {
    const last = { ...attempt, attempts: MOST_ATTEMPTS };
    expect(fate(answered(429), last)).toMatchObject({ state: 'refused' });
    expect(fate(answered(503), last)).toMatchObject({ state: 'unsure' });
  });
});
