import type { Period } from '../../src/ledger/domain/calendar.js';

/** A stretch of time; what begins at its end is not in it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Every offset there is changes by a multiple of this. */
const STEP = 15 * MINUTE;

/**
 * The stretch of a period that a moment lies in, found by walking: along the boundaries from the anchor, or along the days
 * that a calendar on the wall shows. Nothing but `Date` for UTC and what the platform says a clock shows in a zone.
 */
export function stretchAt(period: Period, anchor: number, at: number): Stretch {
  if (period.anchor === 'subscription') return fromAnchor(period, anchor, at);
  // The same all through a quarter of an hour, and asked for with every command.
  const { every, count, timeZone } = period;
  const key = `${timeZone} ${every} ${count} ${Math.floor(at / STEP)}`;
  let stretch = STRETCHES.get(key);
  if (stretch === undefined) STRETCHES.set(key, (stretch = onTheWall(period, at)));
  return stretch;
}

const STRETCHES = new Map<string, Stretch>();

function fromAnchor({ every, count }: Period, anchor: number, at: number): Stretch {
  const boundary = (n: number): number => {
    switch (every) {
      case 'hour':
        return anchor + n * count * HOUR;
      case 'day':
        return anchor + n * count * DAY;
      case 'week':
        return anchor + n * count * 7 * DAY;
      case 'month':
        return monthsAfter(anchor, n * count);
      case 'year':
        return monthsAfter(anchor, n * count * 12);
    }
  };
  let n = every === 'hour' || every === 'day' ? Math.trunc((at - anchor) / boundaryLength(every, count)) : 0;
  while (boundary(n) > at) n -= 1;
  while (boundary(n + 1) <= at) n += 1;
  return { start: boundary(n), end: boundary(n + 1) };
}

function boundaryLength(every: 'hour' | 'day', count: number): number {
  return (every === 'hour' ? HOUR : DAY) * count;
}

/** The same day of the month, or its last where it has no such day. */
function monthsAfter(anchor: number, months: number): number {
  const from = new Date(anchor);
  const first = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1));
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay);
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day) + (anchor - Math.floor(anchor / DAY) * DAY);
}

/** A date as a wall shows it, counted in days: those of UTC's own calendar since 1970. */
type Wall = number;

const wall = (year: number, month: number, day: number): Wall => Date.UTC(year, month - 1, day) / DAY;

function onTheWall(period: Period & { timeZone: string }, at: number): Stretch {
  const { every, count, timeZone } = period;
  const shown = shownAt(timeZone, at);
  if (every === 'hour') return hours(count, timeZone, at);
  const date = wall(shown.year, shown.month, shown.day);
  const [first, next] = walls(every, count, shown, date);
  return { start: beginningOf(timeZone, first), end: beginningOf(timeZone, next) };
}

/** The first day of the piece that has this date, and the first one after it. */
function walls(every: 'day' | 'week' | 'month' | 'year', count: number, shown: Shown, date: Wall): [Wall, Wall] {
  const monday = wall(1970, 1, 5);
  switch (every) {
    case 'day':
    case 'week': {
      const length = every === 'day' ? count : 7 * count;
      let first = monday;
      first += Math.floor((date - monday) / length) * length;
      return [first, first + length];
    }
    case 'month': {
      const index = shown.year * 12 + shown.month - 1;
      const from = index - (index % count);
      const monthWall = (n: number): Wall => wall(Math.floor(n / 12), (n % 12) + 1, 1);
      return [monthWall(from), monthWall(from + count)];
    }
    case 'year':
      return [wall(shown.year - (shown.year % count), 1, 1), wall(shown.year - (shown.year % count) + count, 1, 1)];
  }
}

/** One hour is an hour of time; several begin where the clock shows a multiple. */
function hours(count: number, timeZone: string, at: number): Stretch {
  if (count === 1) {
    let start = Math.floor(at / STEP) * STEP;
    while (shownAt(timeZone, start).minute !== 0) start -= STEP;
    return { start, end: start + HOUR };
  }
  const { year, month, day } = shownAt(timeZone, at);
  const end = beginningOf(timeZone, wall(year, month, day) + 1);
  const begins: number[] = [beginningOf(timeZone, wall(year, month, day))];
  for (let hour = count; hour < 24; hour += count) {
    let moment = begins.at(-1)!;
    while (moment < end && shownAt(timeZone, moment).hour < hour) moment += STEP;
    begins.push(moment);
  }
  begins.push(end);
  const next = begins.findIndex(moment => moment > at);
  return { start: begins[next - 1]!, end: begins[next]! };
}

const BEGINNINGS = new Map<string, number>();

/** The first moment at which a wall in the zone shows this date. */
function beginningOf(timeZone: string, date: Wall): number {
  const known = BEGINNINGS.get(`${timeZone}:${date}`);
  if (known !== undefined) return known;
  let moment = date * DAY - 16 * HOUR;
  for (;;) {
    const { year, month, day } = shownAt(timeZone, moment);
    if (wall(year, month, day) >= date) break;
    moment += STEP;
  }
  BEGINNINGS.set(`${timeZone}:${date}`, moment);
  return moment;
}

interface Shown {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const CLOCKS = new Map<string, Intl.DateTimeFormat>();
const OFFSETS = new Map<string, Map<number, number>>();

/** What a clock in the zone shows. Asked of the platform for each quarter of an hour once. */
function shownAt(timeZone: string, at: number): Shown {
  const quarter = Math.floor(at / STEP) * STEP;
  let offsets = OFFSETS.get(timeZone);
  if (offsets === undefined) OFFSETS.set(timeZone, (offsets = new Map()));
  let offset = offsets.get(quarter);
  if (offset === undefined) {
    offset = offsetAt(timeZone, quarter);
    offsets.set(quarter, offset);
  }
  const shown = new Date(at + offset);
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
  };
}

function offsetAt(timeZone: string, at: number): number {
  let clock = CLOCKS.get(timeZone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
    }); // prettier-ignore
    CLOCKS.set(timeZone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year, month, day, hour, minute } = parts as unknown as Shown;
  return Date.UTC(year, month - 1, day, hour, minute) - at;
}
