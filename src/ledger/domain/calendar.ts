import { Temporal } from 'temporal-polyfill';
import type { Moment } from './moment.js';

export const PERIOD_UNITS = ['hour', 'day', 'week', 'month', 'year'] as const;
export type PeriodUnit = (typeof PERIOD_UNITS)[number];

/** Most units one period may have: 1,200 months are a century. */
export const MAX_PERIOD_COUNT = 1_200;

/** Time cut into pieces without gaps. */
export type Period =
  /**
   * Pieces of the calendar in a time zone: from midnight, Monday, the 1st, 1 January there. Several together count from
   * the year 0, weeks and days from Monday 5 January 1970, hours (a divisor of 24) from midnight.
   */
  | { readonly every: PeriodUnit; readonly count: number; readonly anchor: 'calendar'; readonly timeZone: string }
  /** Counted from an anchor moment, in UTC. Each is reckoned from the anchor itself: 31 January, 28 February, 31 March. */
  | { readonly every: PeriodUnit; readonly count: number; readonly anchor: 'subscription' };

/** `start` is in it, `end` is not. */
export interface Span {
  readonly start: Moment;
  readonly end: Moment;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIXED_MS = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS } as const;
/** A day from which weeks and days are counted, so that weeks begin on Mondays. */
const FIRST_MONDAY = Temporal.PlainDate.from('1970-01-05');

/** The piece that contains `at`. */
export function spanAt(period: Period, anchor: Moment, at: Moment): Span {
  if (period.anchor === 'subscription') return anchoredSpan(period, anchor, at);
  const { every, count, timeZone } = period;
  if (every === 'hour') return hourSpan(localAt(at, timeZone), count);
  const key = `${timeZone} ${every} ${count}`;
  const known = KNOWN.get(key);
  if (known !== undefined && known.start <= at && at < known.end) return known;
  const found = dateSpan(every, count, timeZone, at);
  if (KNOWN.size >= MOST_KNOWN && !KNOWN.has(key)) KNOWN.clear();
  KNOWN.set(key, found);
  return found;
}

/**
 * The piece that was asked for last, of each way to cut the calendar: nearly everybody asks about now, and the answer
 * costs fifty microseconds. Not of hours: where a clock is set by half an hour they overlap, and the answer would depend
 * on what was asked before.
 */
const KNOWN = new Map<string, Span>();
const MOST_KNOWN = 4_096;

function dateSpan(every: Exclude<PeriodUnit, 'hour'>, count: number, timeZone: string, at: Moment): Span {
  const first = firstDate(localAt(at, timeZone).toPlainDate(), every, count);
  const next = first.add({ [`${every}s`]: count });
  const end = startOfDay(next, timeZone);
  // A clock that is set back over midnight shows a date again that has ended; until 2011 some were.
  if (end <= at) return { start: end, end: startOfDay(next.add({ [`${every}s`]: count }), timeZone) };
  return { start: startOfDay(first, timeZone), end };
}

function localAt(at: Moment, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
}

/** The first boundary after `at`. */
export function nextBoundary(period: Period, anchor: Moment, at: Moment): Moment {
  return spanAt(period, anchor, at).end;
}

/** Whether the platform knows a time zone by this name. */
export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

function anchoredSpan({ every, count }: Period, anchor: Moment, at: Moment): Span {
  if (every === 'hour' || every === 'day' || every === 'week') {
    const length = FIXED_MS[every] * count;
    const start = anchor + Math.floor((at - anchor) / length) * length;
    return { start, end: start + length };
  }
  const months = every === 'year' ? 12 * count : count;
  const first = Temporal.Instant.fromEpochMilliseconds(anchor).toZonedDateTimeISO('UTC');
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO('UTC');
  const boundary = (n: number): Moment => first.add({ months: n * months }).epochMilliseconds;
  // By year and month alone this is at most one too many.
  let n = Math.floor(((local.year - first.year) * 12 + local.month - first.month) / months);
  while (boundary(n) > at) n--;
  while (boundary(n + 1) <= at) n++;
  return { start: boundary(n), end: boundary(n + 1) };
}

/** The date on which the piece of the calendar begins that contains this date. */
function firstDate(date: Temporal.PlainDate, every: Exclude<PeriodUnit, 'hour'>, count: number): Temporal.PlainDate {
  switch (every) {
    case 'day':
    case 'week': {
      const length = every === 'week' ? 7 * count : count;
      const day = FIRST_MONDAY.until(date).days;
      return FIRST_MONDAY.add({ days: Math.floor(day / length) * length });
    }
    case 'month': {
      const month = date.year * 12 + date.month - 1;
      const first = month - (month % count);
      return new Temporal.PlainDate(Math.floor(first / 12), (first % 12) + 1, 1);
    }
    case 'year':
      return new Temporal.PlainDate(date.year - (date.year % count), 1, 1);
    default:
      throw new Error(`unknown unit of a period ${String(every satisfies never)}`);
  }
}

/** Where a day has no midnight it starts when its first hour does. */
function startOfDay(date: Temporal.PlainDate, timeZone: string): Moment {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}

/**
 * Hours of the clock on the wall. A single hour is one of elapsed time, so that the one that is repeated when summer time
 * ends counts twice; longer pieces begin where the clock shows it.
 */
function hourSpan(local: Temporal.ZonedDateTime, count: number): Span {
  if (count === 1) {
    const at = local.epochMilliseconds;
    const offset = local.offsetNanoseconds / 1_000_000;
    const start = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset;
    return { start, end: start + HOUR_MS };
  }
  const hour = local.hour - (local.hour % count);
  const date = local.toPlainDate();
  const end =
    hour + count < 24
      ? atHour(date, hour + count, local.timeZoneId)
      : startOfDay(date.add({ days: 1 }), local.timeZoneId);
  const start = hour === 0 ? startOfDay(date, local.timeZoneId) : atHour(date, hour, local.timeZoneId);
  return { start, end };
}

function atHour(date: Temporal.PlainDate, hour: number, timeZone: string): Moment {
  return date.toZonedDateTime({ timeZone, plainTime: new Temporal.PlainTime(hour) }).epochMilliseconds;
}
