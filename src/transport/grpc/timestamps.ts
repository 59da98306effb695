import type { Timestamp } from './generated/google/protobuf/timestamp.js';

const MS_PER_SECOND = 1_000;
const NANOS_PER_MS = 1_000_000;
const NANOS_PER_SECOND = 1_000_000_000;
const NANO_DIGITS = 9;

/**
 * The moment as the JSON API would have it, for its schemas to judge: in milliseconds as the service itself writes them,
 * or with all nine digits where it is finer. What is no moment becomes a text that is none either.
 */
export function momentText({ seconds = 0, nanos = 0 }: Timestamp): string {
  const second = new Date(seconds * MS_PER_SECOND);
  if (Number.isNaN(second.getTime()) || nanos < 0 || nanos >= NANOS_PER_SECOND) return `${seconds} s and ${nanos} ns`;
  const digits = String(nanos).padStart(NANO_DIGITS, '0');
  return second.toISOString().replace('000Z', `${nanos % NANOS_PER_MS === 0 ? digits.slice(0, 3) : digits}Z`);
}
