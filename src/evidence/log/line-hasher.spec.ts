import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { printedValues } from '../../database/copy-out.js';
import { ENTRY_FORMAT, entryHash, hasTexts, printedEntry } from '../entry-hash.js';
import { hasTextsIn, LineHasher } from './line-hasher.js';

const PREVIOUS = '0a'.repeat(32);
const TEXTS = 'cd'.repeat(32);
/** As PostgreSQL writes COPY's text format. */
const ESCAPES: Record<string, string> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

function lineOf(values: readonly (string | null)[]): Buffer {
  const columns = values.map(value => value?.replace(/[\b\f\n\r\t\v\\]/g, char => ESCAPES[char]!) ?? '\\N');
  return Buffer.from(columns.join('\t'));
}

const digits = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const sum = fc.option(digits, { nil: null });
const char = fc.oneof(
  fc.constantFrom('\\', 'N', '"', '\t', '\n', '\u0001', '\u007f', 'é', '🪙'),
  fc.string({ unit: 'binary' }),
);
// PostgreSQL has no text with it.
const text = fc.array(char).map(chars => chars.join('').replaceAll('\0', ''));
const nullable = fc.option(text, { nil: null });
const time = fc.constant('2026-11-21 09:00:00.123456+00');
const list = fc.constantFrom(null, '{1024,40000000,-40000000,40000000}');
// In the order of ENTRY_COLUMNS.
// prettier-ignore
const values = fc.tuple(
  digits, digits, digits, text, nullable, digits, sum, sum, sum, sum, sum, sum, sum, list, sum,
  fc.constantFrom('t', 'f'), sum, nullable, nullable, time, time, nullable, nullable, nullable,
);
const name = fc.record({ mode: fc.constantFrom('live', 'test', null), account: nullable });

describe('the hash of a line of COPY', () => {
  it('is that of the entry in it, whatever it contains', () => {
    const hasher = new LineHasher();
    fc.assert(
      fc.property(values, name, fc.constantFrom(null, TEXTS), (row, whose, texts) => {
        const line = lineOf(row);
        const entry = printedEntry(printedValues(line.toString()), whose);
        expect(hasher.hash(line, whose, PREVIOUS, texts)).toBe(entryHash(entry, PREVIOUS, texts, ENTRY_FORMAT));
        expect(hasTextsIn(line)).toBe(hasTexts(entry));
      }),
    );
  });

  const plainRow = (more: Record<number, string>): (string | null)[] =>
    Array.from(
      { length: 24 },
      (_, column) => more[column] ?? ([0, 1, 2, 3, 5, 15, 19, 20].includes(column) ? '1' : null),
    );

  it('is that of an entry of which all has to be escaped', () => {
    const whose = { mode: 'live', account: '\u0001'.repeat(5_000) };
    const line = lineOf(plainRow({ 4: '"'.repeat(5_000), 18: '\u0001'.repeat(20_000) }));
    const entry = printedEntry(printedValues(line.toString()), whose);
    expect(new LineHasher().hash(line, whose, PREVIOUS, null)).toBe(entryHash(entry, PREVIOUS, null, ENTRY_FORMAT));
  });

  it.each([21, 22, 23])('has texts where column %i is what null looks like', column => {
    expect(hasTextsIn(lineOf(plainRow({ [column]: '\\N' })))).toBe(true);
    expect(hasTextsIn(lineOf(plainRow({ [column]: '' })))).toBe(true);
    expect(hasTextsIn(lineOf(plainRow({})))).toBe(false);
  });

  it('is refused for what is no entry', () => {
    const hasher = new LineHasher();
    const nobody = { mode: null, account: null };
    for (const columns of [1, 23, 25, 60]) {
      const line = lineOf(Array<string>(columns).fill('1'));
      expect(() => hasher.hash(line, nobody, PREVIOUS, null)).toThrow(`24 columns, not ${columns}`);
    }
  });
});
