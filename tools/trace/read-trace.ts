import { createReadStream } from 'node:fs';
import { Misuse } from '../client/run-tool.js';

/** One request of the trace. */
export interface TraceRow {
  readonly line: number;
  /** When it arrived, milliseconds since 1970. */
  readonly at: number;
  readonly contextTokens: number;
  readonly generatedTokens: number;
}

export interface BadRow {
  readonly line: number;
  readonly problem: string;
}

export const TRACE_HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';

const LONGEST_LINE_CHARACTERS = 1000;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d{1,9})?Z?$/;
const TOKENS = /^\d{1,9}$/;

/**
 * Reads a trace as a stream, whatever its size. Lines that begin with `#` and empty lines are skipped; a row that cannot
 * be read goes to `onBadRow` and is left out.
 * @throws Misuse when the file cannot be read, or its first line is not the header `TIMESTAMP,ContextTokens,GeneratedTokens`.
 */
export async function* readTrace(path: string, onBadRow: (row: BadRow) => void): AsyncGenerator<TraceRow> {
  let line = 0;
  let sawHeader = false;
  for await (const text of readLines(path)) {
    line++;
    const row = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim();
    if (row === '' || row.startsWith('#')) continue;
    if (!sawHeader) {
      if (row !== TRACE_HEADER) throw new Misuse(`${path}:${line}: the header must be ${TRACE_HEADER}`);
      sawHeader = true;
      continue;
    }
    const parsed = parseRow(row, line);
    if ('problem' in parsed) onBadRow(parsed);
    else yield parsed;
  }
  if (!sawHeader) throw new Misuse(`${path}: is empty; its first line must be ${TRACE_HEADER}`);
}

function parseRow(row: string, line: number): TraceRow | BadRow {
  if (row.length > LONGEST_LINE_CHARACTERS) return { line, problem: 'is too long to be a row' };
  const fields = row.split(',');
  if (fields.length !== 3) return { line, problem: `has ${fields.length} fields instead of 3` };
  const [timestamp, context, generated] = fields.map(field => field.trim()) as [string, string, string];
  const at = parseTimestamp(timestamp);
  if (at === null) return { line, problem: `has no readable time: ${JSON.stringify(timestamp)}` };
  if (!TOKENS.test(context)) return { line, problem: `ContextTokens is not a count: ${JSON.stringify(context)}` };
  if (!TOKENS.test(generated)) return { line, problem: `GeneratedTokens is not a count: ${JSON.stringify(generated)}` };
  return { line, at, contextTokens: Number(context), generatedTokens: Number(generated) };
}

/** Traces write seven digits of a second, JavaScript reads three. */
function parseTimestamp(text: string): number | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const at = Date.parse(`${match[1]}T${match[2]}${(match[3] ?? '.0').slice(0, 4)}Z`);
  return Number.isNaN(at) ? null : at;
}

/** Lines of a file; what exceeds the longest line is cut, so that no file can fill the memory. */
async function* readLines(path: string): AsyncGenerator<string> {
  let rest = '';
  const file = createReadStream(path, 'utf8');
  const opened = new Promise((resolve, reject) => file.once('open', resolve).once('error', reject));
  await opened.catch((error: Error) => {
    throw new Misuse(`The trace cannot be read: ${error.message}`);
  });
  for await (const chunk of file as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!.slice(0, LONGEST_LINE_CHARACTERS + 1);
    yield* lines;
  }
  if (rest !== '') yield rest;
}
