const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => n.toString().padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, n) => n.toString().padStart(3, '0'));

let lastDay = Number.NaN;
let lastDayText = '';

/**
 * A moment (milliseconds since 1970) as RFC 3339 in UTC, the same text as `Date.prototype.toISOString` in a tenth of its
 * time: an answer has five of them, almost always of one day.
 */
export function formatMoment(at: number): string {
  const day = Math.floor(at / DAY_MS);
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY_MS).toISOString().slice(0, -'00:00:00.000Z'.length);
    lastDay = day;
  }
  const ms = at - day * DAY_MS;
  const hours = TWO_DIGITS[Math.floor(ms / HOUR_MS)];
  const minutes = TWO_DIGITS[Math.floor(ms / MINUTE_MS) % 60];
  const seconds = TWO_DIGITS[Math.floor(ms / SECOND_MS) % 60];
  return `${lastDayText}${hours}:${minutes}:${seconds}.${THREE_DIGITS[Math.floor(ms % SECOND_MS)]}Z`;
}
