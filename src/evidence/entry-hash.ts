import { sha256Hex } from './sha256.js';

/**
 * What is hashed has one form for ever: raise this with any change, and keep what the versions before need. Of format 1, the
 * first entry of an account followed 64 zeros; of format 2 it follows the secret beginning of its chain (`ChainStarts`).
 */
export const ENTRY_FORMAT = 2;
export type EntryFormat = 1 | typeof ENTRY_FORMAT;

/**
 * A row of `entries` with its account's name, every value as PostgreSQL prints it with DateStyle ISO and TimeZone UTC.
 * Texts and not numbers: what is hashed is what is stored, to the last microsecond and digit, and whoever checks it needs
 * no rules for numbers.
 */
export interface PrintedEntry {
  readonly account_no: string;
  readonly mode: string | null;
  /** The account's id; null where nothing tells it. */
  readonly account: string | null;
  readonly seq: string;
  readonly position: string;
  readonly type: string;
  readonly unit: string | null;
  readonly amount: string;
  readonly granted: string | null;
  readonly available: string | null;
  readonly held: string | null;
  readonly spent: string | null;
  readonly expired: string | null;
  readonly revoked: string | null;
  readonly debt: string | null;
  readonly lots: string | null;
  readonly reservation: string | null;
  readonly closes: string;
  readonly target: string | null;
  readonly member: string | null;
  /** With the metadata of an account's settings, where there is any, replaced by `{}`: it is one of the texts. */
  readonly details: string | null;
  readonly effective_at: string;
  readonly recorded_at: string;
  readonly reason: string | null;
  readonly metadata: string | null;
  readonly settings_metadata: string | null;
}

/** Whose entry it is. */
export type PrintedName = Pick<PrintedEntry, 'mode' | 'account'>;

/** What people wrote, and may ask to be erased: it enters the entry's hash by a salted hash of its own. */
export type Texts = Pick<PrintedEntry, 'reason' | 'metadata' | 'settings_metadata'>;

/** What to select of `entries e` for a `PrintedEntry` without its account's name. */
export const ENTRY_COLUMNS = `e.account_no, e.seq, e.position, e.type, e.unit, e.amount,
  e.granted, e.available, e.held, e.spent, e.expired, e.revoked, e.debt, e.lots, e.reservation, e.closes, e.target,
  e.member, CASE WHEN e.type = 'configure' AND e.details #> '{settings,metadata}' IS NOT NULL
    THEN jsonb_set(e.details, '{settings,metadata}', '{}') ELSE e.details END AS details,
  e.effective_at, e.recorded_at, e.reason, e.metadata,
  CASE WHEN e.type = 'configure' THEN e.details #> '{settings,metadata}' END AS settings_metadata`;

/** What to select for a `PrintedEntry`, of `entries e` and `account_names n`. */
export const PRINTED_COLUMNS = `${ENTRY_COLUMNS}, n.mode, n.id AS account`;

/** @param values in the order of `ENTRY_COLUMNS` */
export function printedEntry(values: readonly (string | null)[], { mode, account }: PrintedName): PrintedEntry {
  return {
    account_no: values[0]!,
    mode,
    account,
    seq: values[1]!,
    position: values[2]!,
    type: values[3]!,
    unit: values[4]!,
    amount: values[5]!,
    granted: values[6]!,
    available: values[7]!,
    held: values[8]!,
    spent: values[9]!,
    expired: values[10]!,
    revoked: values[11]!,
    debt: values[12]!,
    lots: values[13]!,
    reservation: values[14]!,
    closes: values[15]!,
    target: values[16]!,
    member: values[17]!,
    details: values[18]!,
    effective_at: values[19]!,
    recorded_at: values[20]!,
    reason: values[21]!,
    metadata: values[22]!,
    settings_metadata: values[23]!,
  };
}

/** What a session must say before it reads a `PrintedEntry`: printed otherwise, the same row would be another text. */
export const PRINT_EXACTLY = `SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'`;

/** Values as they come over the wire. */
export const AS_PRINTED = { getTypeParser: () => (text: string) => text };

export function hasTexts({ reason, metadata, settings_metadata }: Texts): boolean {
  return reason !== null || metadata !== null || settings_metadata !== null;
}

/**
 * The salted hash of an entry's texts, in hexadecimal: of a JSON object in canonical form (RFC 8785) whose members are
 * strings; what is null is left out.
 * @param salt 16 random bytes: short texts could be guessed from a hash without
 */
export function textsHash({ reason, metadata, settings_metadata }: Texts, salt: Buffer): string {
  return sha256Hex(
    `{"format":"credits-ledger/texts/1"${member('metadata', metadata)}${member('reason', reason)},"salt":"${salt.toString('hex')}"` +
      `${member('settings_metadata', settings_metadata)}}`,
  );
}

/**
 * The canonical bytes of an entry, as a string: a JSON object in canonical form (RFC 8785: members in the order of their
 * names, no white space) whose members are strings; what is null is left out. docs/evidence.md says it for those who
 * write a verifier of their own.
 * @param previous the hash of the account's entry before this one, in hexadecimal; of the first, what its chain begins with
 * @param texts the `textsHash` of an entry that has, or had, texts
 */
export function canonicalEntry(
  entry: PrintedEntry,
  previous: string,
  texts: string | null,
  format: EntryFormat,
): string {
  // Written by hand, because it is written for every entry; a test holds it against a general one.
  let json = entry.account === null ? '{' : `{"account":${JSON.stringify(entry.account)},`;
  json += `"account_no":"${entry.account_no}","amount":"${entry.amount}"${plain('available', entry.available)},"closes":"${entry.closes}"`;
  json += plain('debt', entry.debt) + member('details', entry.details) + `,"effective_at":"${entry.effective_at}"`;
  json += `${plain('expired', entry.expired)},"format":"credits-ledger/entry/${format}"${plain('granted', entry.granted)}${plain('held', entry.held)}`;
  json += plain('lots', entry.lots) + member('member', entry.member) + member('mode', entry.mode);
  json += `,"position":"${entry.position}","previous":"${previous}","recorded_at":"${entry.recorded_at}"`;
  json += `${plain('reservation', entry.reservation)}${plain('revoked', entry.revoked)},"seq":"${entry.seq}"${plain('spent', entry.spent)}`;
  return `${json}${plain('target', entry.target)}${plain('texts', texts)},"type":${JSON.stringify(entry.type)}${member('unit', entry.unit)}}`;
}

/** The link of the account's chain, in hexadecimal: it holds the hash before it, so the last one stands for all. */
export function entryHash(entry: PrintedEntry, previous: string, texts: string | null, format: EntryFormat): string {
  return sha256Hex(canonicalEntry(entry, previous, texts, format));
}

/** For what needs no escapes: numbers, lists of numbers, hashes. */
function plain(name: string, value: string | null): string {
  return value === null ? '' : `,"${name}":"${value}"`;
}

function member(name: string, value: string | null): string {
  return value === null ? '' : `,"${name}":${JSON.stringify(value)}`;
}
