import { readFile, stat } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { LedgerError } from '../shared/ledger-error.js';
import { parseStrictJson, type JsonValue } from '../transport/json/strict-json.js';
import { Misuse } from './misuse.js';

const LARGEST_FILE_BYTES = 4 * 1024 * 1024;
const MOST_PROBLEMS = 20;

/** A file of YAML, of which JSON is a part, as the value that it would be in a request. @throws Misuse */
export async function readDocument(path: string): Promise<JsonValue> {
  const document = parseDocument(await read(path), { uniqueKeys: true, prettyErrors: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new Misuse(`${path}: ${problem.message}`);
  try {
    return parseStrictJson(Buffer.from(JSON.stringify(document.toJS()) ?? 'null'));
  } catch (error) {
    throw error instanceof LedgerError || error instanceof ReferenceError
      ? new Misuse(`${path}: ${error.message}`)
      : error;
  }
}

/** What is wrong with what a file says, all of it and not only the first. */
export function wrongIn(path: string, error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  const errors = (error.details['errors'] ?? []) as readonly { location: string; message: string }[];
  if (errors.length === 0) return error;
  const lines = errors.slice(0, MOST_PROBLEMS).map(({ location, message }) => `  ${location} ${message}`);
  return new Misuse(`${path} cannot be taken:\n${lines.join('\n')}`);
}

async function read(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE_BYTES) throw new Misuse(`${path} is larger than ${LARGEST_FILE_BYTES / 1024 ** 2} MiB.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Misuse) throw error;
    throw new Misuse(`${path} cannot be read: ${(error as Error).message}`);
  }
}
