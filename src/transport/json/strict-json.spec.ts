import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LedgerError } from '../../shared/ledger-error.js';
import { canonicalText } from './canonical-text.js';
import { MAX_DEPTH, parseStrictJson, type JsonValue } from './strict-json.js';

const parse = (text: string) => parseStrictJson(Buffer.from(text));

function refusalOf(act: () => unknown): LedgerError {
  try {
    act();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const storable = fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0') && text !== '__proto__');
const values = fc.letrec<{ value: JsonValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 5 },
    storable,
    fc.maxSafeInteger().map(number => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(storable, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('strict JSON', () => {
  test('reads what JSON.parse reads, white space and escapes included', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, '\t', ' \n'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('never reads what JSON.parse refuses', () => {
    const scraps = fc.constantFrom(...'{}[],:"\\ \n01-+.eEutrfalsn\u0001é', 'null', 'true', '"a"', '\\u0041', '1e5');
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 8 }), parts => {
        const text = parts.join('');
        const refused = (act: () => unknown) => {
          try {
            return act() === act;
          } catch {
            return true;
          }
        };
        if (refused(() => JSON.parse(text))) expect(refused(() => parse(text))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test.each(['1.0', '1.5', '1e3', '1E400', '-0', '9007199254740992', '9007199254740993', '9007199254740991.4'])(
    'does not turn %s into a number near it',
    literal => expect(parse(literal)).toBeNaN(),
  );

  test.each([0, 1, -1, Number.MAX_SAFE_INTEGER])('takes the integer %s', number => {
    expect(parse(String(number))).toBe(number);
  });

  test.each([
    ['a name given twice', '{"amount":1,"amount":2}'],
    ['a name given twice, once escaped', '{"amount":1,"\\u0061mount":2}'],
    ['something after the value', '{} {}'],
    ['an empty body', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{/*x*/}'],
    ['a trailing comma', '{"a":1,}'],
    ['a leading zero', '{"a":01}'],
    ['NaN', '{"a":NaN}'],
    ['a raw control character', '{"a":"\n"}'],
    ['too much depth', `${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}`],
  ])('refuses %s', (_, text) => {
    expect(refusalOf(() => parse(text)).code).toBe('invalid_json');
  });

  test('takes siblings as deep as the limit', () => {
    const deepest = `${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}`;
    expect(parse(`[${deepest},${deepest}]`)).toHaveLength(2);
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(refusalOf(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22]))).code).toBe('invalid_json');
  });

  test.each([
    ['U+0000', '{"metadata":{"a":["x\\u0000"]}}', 'body.metadata.a[0]'],
    ['a lone surrogate', '{"reason":"\\ud83d"}', 'body.reason'],
    ['a name with a lone surrogate', '{"metadata":{"\\udc00":"x"}}', 'body.metadata'],
    ['the name __proto__', '{"__proto__":{"admin":true}}', 'body'],
  ])('says where %s stands', (_, text, location) => {
    const refusal = refusalOf(() => parse(text));
    expect(refusal.code).toBe('invalid_request');
    expect(refusal.details).toMatchObject({ errors: [{ location }] });
  });

  test('takes a surrogate pair, escaped or not', () => {
    expect(parse('"\\ud83d\\ude00"')).toBe('😀');
    expect(parse('"😀"')).toBe('😀');
  });

  test('does not mistake an inherited name for one given twice', () => {
    expect(parse('{"constructor":1,"toString":2}')).toEqual({ constructor: 1, toString: 2 });
  });
});

describe('canonical text', () => {
  test('is the same for the same value in another order', () => {
    expect(canonicalText(parse('{"a":1,"b":{"c":[],"d":null}}'))).toBe(
      canonicalText(parse('{ "b": {"d":null, "c":[]}, "a":1 }')),
    );
  });

  test('differs where values differ', () => {
    const ordered = (value: JsonValue): JsonValue =>
      value === null || typeof value !== 'object'
        ? value
        : Array.isArray(value)
          ? value.map(ordered)
          : Object.fromEntries(
              Object.entries(value)
                .sort(([a], [b]) => (a < b ? -1 : 1))
                .map(([name, member]) => [name, ordered(member)]),
            );
    fc.assert(
      fc.property(values, values, (a, b) => {
        const same = JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
        expect(canonicalText(a) === canonicalText(b)).toBe(same);
      }),
    );
    expect(canonicalText('1')).not.toBe(canonicalText(1));
    expect(canonicalText(['a', 'b'])).not.toBe(canonicalText(['a,b']));
  });
});
