import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IdCodec, type IdKind } from './id-codec.js';

const codec = new IdCodec(Buffer.alloc(16, 7));
const kinds: IdKind[] = ['reservation', 'lot', 'entry'];
const kind = fc.constantFrom(...kinds);
const accountNo = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('ids', () => {
  it('come back as they were made', () => {
    fc.assert(
      fc.property(kind, accountNo, number, (kind, accountNo, number) => {
        const id = codec.encode(kind, accountNo, number);
        expect(codec.decode(kind, id)).toEqual({ accountNo, number });
      }),
    );
  });

  it('are at most 64 characters of the URL-safe alphabet with a prefix that says what they name', () => {
    expect(codec.encode('reservation', 1, 1)).toMatch(/^res_[A-Za-z0-9_-]{22}$/);
    expect(codec.encode('lot', 2 ** 48 - 1, Number.MAX_SAFE_INTEGER)).toMatch(/^lot_[A-Za-z0-9_-]{22}$/);
    expect(codec.encode('entry', 5, 2 ** 32)).toMatch(/^ent_[A-Za-z0-9_-]{22}$/);
  });

  it('of another kind are not taken', () => {
    const id = codec.encode('lot', 3, 4);
    expect(codec.decode('entry', id)).toBeNull();
    expect(codec.decode('entry', `ent_${id.slice(4)}`)).toBeNull();
  });

  it('of another ledger are not taken', () => {
    const other = new IdCodec(Buffer.alloc(16, 8));
    for (let number = 1; number <= 1000; number++) {
      expect(codec.decode('entry', other.encode('entry', 1, number))).toBeNull();
    }
  });

  it('have one spelling: a character that only changes unused bits makes another id', () => {
    const id = codec.encode('lot', 3, 4);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...alphabet].filter(letter => letter !== id.at(-1));
    for (const letter of others) expect(codec.decode('lot', id.slice(0, -1) + letter)).toBeNull();
  });

  it('that somebody made up are not taken, nor do they harm', () => {
    fc.assert(fc.property(kind, fc.string({ unit: 'binary' }), (kind, text) => codec.decode(kind, text) === null));
    fc.assert(
      fc.property(kind, fc.uint8Array({ minLength: 16, maxLength: 16 }), (kind, bytes) => {
        return codec.decode(kind, `res_${Buffer.from(bytes).toString('base64url')}`) === null;
      }),
      { numRuns: 10_000 },
    );
  });

  it('are never made of a number that does not fit', () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => codec.encode('entry', wrong, 1)).toThrow(RangeError);
      expect(() => codec.encode('entry', 1, wrong)).toThrow(RangeError);
    }
  });
});
