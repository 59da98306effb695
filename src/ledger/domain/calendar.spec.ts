import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTimeZone, nextBoundary, PERIOD_UNITS, spanAt, type Period } from './calendar.js';

const at = (text: string): number => Date.parse(text);
const shown = (moment: number): string => new Date(moment).toISOString().replace('.000Z', 'Z');

function boundaries(period: Period, anchor: string, count: number): string[] {
  const found: string[] = [];
  let moment = at(anchor);
  for (let i = 0; i < count; i++) found.push(shown((moment = nextBoundary(period, at(anchor), moment))));
  return found;
}

describe('counted from the subscription', () => {
  const monthly: Period = { every: 'month', count: 1, anchor: 'subscription' };

  test('a month from the 31st ends on the last day of short months and on the 31st again after them', () => {
    expect(boundaries(monthly, '2026-01-31T10:30:00Z', 4)).toEqual([
      '2026-02-28T10:30:00Z',
      '2026-03-31T10:30:00Z',
      '2026-04-30T10:30:00Z',
      '2026-05-31T10:30:00Z',
    ]);
  });

  test('a month from the 31st knows leap years', () => {
    expect(boundaries(monthly, '2028-01-31T00:00:00Z', 2)).toEqual(['2028-02-29T00:00:00Z', '2028-03-31T00:00:00Z']);
  });

  test('a year from a leap day ends on 28 February of common years and on the leap day again', () => {
    const yearly: Period = { every: 'year', count: 1, anchor: 'subscription' };
    expect(boundaries(yearly, '2024-02-29T00:00:00Z', 4).map(day => day.slice(0, 10))).toEqual([
      '2025-02-28',
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
    ]);
  });

  test('the moment of a boundary is in the piece that begins, the one before it in the piece that ends', () => {
    const anchor = at('2026-01-31T00:00:00Z');
    const boundary = at('2026-02-28T00:00:00Z');
    expect(spanAt(monthly, anchor, boundary).start).toBe(boundary);
    expect(spanAt(monthly, anchor, boundary - 1)).toEqual({ start: anchor, end: boundary });
  });

  test('two weeks are fourteen days', () => {
    const period: Period = { every: 'week', count: 2, anchor: 'subscription' };
    expect(boundaries(period, '2026-03-20T05:00:00Z', 2)).toEqual(['2026-04-03T05:00:00Z', '2026-04-17T05:00:00Z']);
  });
});

describe('of the calendar', () => {
  test('days have no gaps and do not overlap where the clock goes back over midnight, whichever is asked for first', () => {
    const period: Period = { every: 'day', count: 1, anchor: 'calendar', timeZone: 'America/St_Johns' };
    // At 00:01 of 7 November 2010 it was 23:01 of the 6th again.
    const midnight = at('2010-11-07T02:30:00Z');
    const again = at('2010-11-07T03:00:00Z');
    const day = { start: midnight, end: at('2010-11-08T03:30:00Z') };
    for (const moments of [[midnight - 1, again, midnight], [midnight, again], [again]]) {
      const spans = moments.map(moment => spanAt(period, 0, moment));
      moments.forEach((moment, i) => expect(spans[i]!.start <= moment && moment < spans[i]!.end).toBe(true));
      expect(spans[moments.indexOf(again)]).toEqual(day);
      expect(spanAt(period, 0, at('2026-01-01T12:00:00Z')).start).toBe(at('2026-01-01T03:30:00Z'));
    }
  });

  test('a month in Tokyo begins at 15:00 UTC of the day before', () => {
    const period: Period = { every: 'month', count: 1, anchor: 'calendar', timeZone: 'Asia/Tokyo' };
    expect(boundaries(period, '2026-01-31T14:59:59Z', 3)).toEqual([
      '2026-01-31T15:00:00Z',
      '2026-02-28T15:00:00Z',
      '2026-03-31T15:00:00Z',
    ]);
  });

  test('a month in New York begins an hour earlier in UTC once summer time has come', () => {
    const period: Period = { every: 'month', count: 1, anchor: 'calendar', timeZone: 'America/New_York' };
    expect(boundaries(period, '2026-02-15T00:00:00Z', 2)).toEqual(['2026-03-01T05:00:00Z', '2026-04-01T04:00:00Z']);
  });

  test('a day in New York has 23 hours when summer time comes and 25 when it goes', () => {
    const period: Period = { every: 'day', count: 1, anchor: 'calendar', timeZone: 'America/New_York' };
    const hours = (day: string): number => {
      const { start, end } = spanAt(period, 0, at(`${day}T17:00:00Z`));
      return (end - start) / 3_600_000;
    };
    expect([hours('2026-03-07'), hours('2026-03-08'), hours('2026-11-01')]).toEqual([24, 23, 25]);
  });

  test('a day begins with its first hour where summer time takes its midnight', () => {
    const period: Period = { every: 'day', count: 1, anchor: 'calendar', timeZone: 'America/Santiago' };
    expect(shown(spanAt(period, 0, at('2026-09-06T12:00:00Z')).start)).toBe('2026-09-06T04:00:00Z');
  });

  test('the hour that is repeated when summer time ends is two hours', () => {
    const period: Period = { every: 'hour', count: 1, anchor: 'calendar', timeZone: 'America/New_York' };
    expect(boundaries(period, '2026-11-01T05:00:00Z', 2)).toEqual(['2026-11-01T06:00:00Z', '2026-11-01T07:00:00Z']);
  });

  test('an hour in Kolkata begins when its clock does, not at the hour of UTC', () => {
    const period: Period = { every: 'hour', count: 1, anchor: 'calendar', timeZone: 'Asia/Kolkata' };
    expect(shown(spanAt(period, 0, at('2026-05-01T10:10:00Z')).start)).toBe('2026-05-01T09:30:00Z');
  });

  test('weeks begin on Mondays, quarters with January, April, July and October', () => {
    const week: Period = { every: 'week', count: 1, anchor: 'calendar', timeZone: 'UTC' };
    const quarter: Period = { every: 'month', count: 3, anchor: 'calendar', timeZone: 'UTC' };
    expect(shown(spanAt(week, 0, at('2026-11-22T23:00:00Z')).start)).toBe('2026-11-16T00:00:00Z');
    expect(shown(spanAt(quarter, 0, at('2026-11-22T23:00:00Z')).start)).toBe('2026-10-01T00:00:00Z');
  });
});

test('a name that is no time zone is told apart from one that is', () => {
  expect([isTimeZone('Asia/Tokyo'), isTimeZone('UTC'), isTimeZone('Mars/Olympus'), isTimeZone('')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

const moments = fc.integer({ min: at('1990-01-01T00:00:00Z'), max: at('2099-01-01T00:00:00Z') });
const zones = fc.constantFrom(
  'UTC',
  'Asia/Tokyo',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'America/Santiago',
);
const periods: fc.Arbitrary<Period> = fc.oneof(
  fc.record({
    every: fc.constantFrom(...PERIOD_UNITS),
    count: fc.integer({ min: 1, max: 30 }),
    anchor: fc.constant('subscription' as const),
  }),
  fc.record({
    every: fc.constantFrom('day' as const, 'week' as const, 'month' as const, 'year' as const),
    count: fc.integer({ min: 1, max: 30 }),
    anchor: fc.constant('calendar' as const),
    timeZone: zones,
  }),
  fc.record({
    every: fc.constant('hour' as const),
    count: fc.constantFrom(1, 2, 3, 4, 6, 8, 12),
    anchor: fc.constant('calendar' as const),
    timeZone: zones,
  }),
);

test('time is cut into pieces without a gap or an overlap, whatever the period', () => {
  fc.assert(
    fc.property(periods, moments, moments, (period, anchor, moment) => {
      const span = spanAt(period, anchor, moment);
      expect(span.start).toBeLessThanOrEqual(moment);
      expect(span.end).toBeGreaterThan(moment);
      expect(spanAt(period, anchor, span.start)).toEqual(span);
      expect(spanAt(period, anchor, span.end - 1)).toEqual(span);
      expect(spanAt(period, anchor, span.end).start).toBe(span.end);
    }),
    { numRuns: 500 },
  );
});
