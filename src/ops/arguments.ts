import type { Mode } from '../ledger/submission.js';
import type { Until } from '../replay/fold/until.js';
import { Misuse } from './misuse.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A day is its beginning in UTC. @throws Misuse */
export function momentFrom(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const at = DAY.test(text) || MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new Misuse(
    `--${option} must be a time such as 2026-11-21T09:00:00Z or a day such as 2026-11-21 (UTC), not ${JSON.stringify(text)}.`,
  );
}

/** @throws Misuse */
export function modeFrom(text: string | undefined): Mode | null {
  if (text === undefined || text === 'live' || text === 'test') return text ?? null;
  throw new Misuse(`--mode must be live or test, not ${JSON.stringify(text)}.`);
}

/** @throws Misuse */
export function countFrom(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) return count;
  throw new Misuse(`--${option} must be a whole number above 0, not ${JSON.stringify(text)}.`);
}

/** The options of whatever may stop before the last entry. */
export const UNTIL_OPTIONS = {
  until: { type: 'string' },
  'until-position': { type: 'string' },
  'until-seq': { type: 'string' },
} as const;

/** Where to stop: at a time, a position or, in one account, a seq. @throws Misuse */
export function untilFrom(values: Readonly<Record<string, string | undefined>>): Until | null {
  const at = momentFrom('until', values['until']);
  const position = countFrom('until-position', values['until-position']);
  const seq = countFrom('until-seq', values['until-seq']);
  if ([at, position, seq].filter(given => given !== null).length > 1) {
    throw new Misuse('Give one of --until, --until-position and --until-seq.');
  }
  if (at !== null) return { by: 'moment', at };
  if (position !== null) return { by: 'position', position };
  if (seq === null) return null;
  if (values['account'] === undefined) {
    throw new Misuse('--until-seq counts the entries of one account: name it with --account.');
  }
  return { by: 'seq', seq };
}

/** The one account a command is about. @throws Misuse */
export function accountFrom(positionals: readonly string[], usage: string): string {
  const [account, ...more] = positionals;
  if (account !== undefined && account !== '' && more.length === 0) return account;
  throw new Misuse(`Name one account, not ${positionals.length}.\n${usage}`);
}
