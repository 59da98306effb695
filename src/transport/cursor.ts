import { z } from 'zod';
import { invalidRequest } from './requests/parse-request.js';

/** A cursor is what the page ended with, wrapped so that nobody builds one. */
export function encodeCursor(list: string, last: string): string {
  return Buffer.from(`${list}:${last}`).toString('base64url');
}

/**
 * What to come after, or undefined for the first page.
 * @throws LedgerError invalid_request for a cursor that this list never gave out
 */
export function decodeCursor(list: string, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const last = text.slice(list.length + 1);
  if (text.startsWith(`${list}:`) && last !== '' && encodeCursor(list, last) === cursor && !last.includes('\0'))
    return last;
  throw invalidRequest([{ location: 'query.after', message: 'is not a next_cursor of this list' }]);
}

/** The same for lists of which a page begins after so many. */
export function decodeCountCursor(list: string, cursor: string | undefined): number {
  const count = decodeNumberCursor(list, cursor);
  return count === Number.MAX_SAFE_INTEGER ? 0 : count;
}

/** The same for lists in the order of a number, newest first. */
export function decodeNumberCursor(list: string, cursor: string | undefined): number {
  const last = decodeCursor(list, cursor);
  if (last === undefined) return Number.MAX_SAFE_INTEGER;
  if (/^[1-9][0-9]{0,15}$/.test(last) && Number.isSafeInteger(Number(last))) return Number(last);
  throw invalidRequest([{ location: 'query.after', message: 'is not a next_cursor of this list' }]);
}

/** The same for lists of groups: what the page before ended with, which has a value, or null, for each name. */
export function decodeGroupCursor(
  list: string,
  cursor: string | undefined,
  groupBy: readonly string[],
): { day: string | null; unit: string; group: (string | null)[] } | null {
  const last = decodeCursor(list, cursor);
  if (last === undefined) return null;
  const read = groupPlace.safeParse(parsedOrNull(last));
  const names = groupBy.filter(name => name !== 'day');
  if (read.success && (read.data[0] !== null) === groupBy.includes('day') && read.data[2].length === names.length) {
    const [day, unit, group] = read.data;
    return { day, unit, group };
  }
  throw invalidRequest([{ location: 'query.after', message: 'is not a next_cursor of this list' }]);
}

const name = z.string().refine(value => !value.includes('\0'));
const groupPlace = z.tuple([
  z.iso
    .date()
    .refine(value => value >= '1900')
    .nullable(),
  name,
  z.array(name.nullable()),
]);

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
