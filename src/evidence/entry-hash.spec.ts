import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalEntry, ENTRY_FORMAT, entryHash, textsHash, type PrintedEntry } from './entry-hash.js';

const PREVIOUS = '0a'.repeat(32);

const reserve: PrintedEntry = {
  account_no: '7',
  mode: 'live',
  account: 'user_42',
  seq: '2',
  position: '19',
  type: 'reserve',
  unit: 'credits',
  amount: '40000000',
  granted: null,
  available: '-40000000',
  held: '40000000',
  spent: null,
  expired: null,
  revoked: null,
  debt: null,
  lots: '{1024,40000000,-40000000,40000000}',
  reservation: '2',
  closes: 'f',
  target: null,
  member: null,
  details: '{"terms": {"late": "reject"}}',
  effective_at: '2026-11-21 09:00:00.123+00',
  recorded_at: '2026-11-21 09:00:00.123+00',
  reason: null,
  metadata: '{"job": "a"}',
  settings_metadata: null,
};

const nullable = fc.option(fc.string({ unit: 'binary' }), { nil: null });
const digits = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const sum = fc.option(digits, { nil: null });
const formats = fc.constantFrom(1 as const, 2 as const);
const time = fc.constant('2026-11-21 09:00:00.123456+00');
const text = fc.string({ unit: 'binary' });
// prettier-ignore
const printed: fc.Arbitrary<PrintedEntry> = fc.record({
  account_no: digits, mode: nullable, account: nullable, seq: digits, position: digits, type: text, unit: nullable,
  amount: digits, granted: sum, available: sum, held: sum, spent: sum, expired: sum, revoked: sum, debt: sum,
  lots: fc.constantFrom(null, '{1,2,3,4}'), reservation: sum, closes: fc.constantFrom('t', 'f'), target: sum,
  member: nullable, details: nullable, effective_at: time, recorded_at: time,
  reason: nullable, metadata: nullable, settings_metadata: nullable,
});

/** RFC 8785 for an object of strings, without knowing anything of entries. */
function canonicalJson(members: Record<string, string | null>): string {
  const present = Object.entries(members).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1))));
}

describe('the canonical bytes of an entry', () => {
  it('are what docs/evidence.md shows', () => {
    expect(canonicalEntry(reserve, PREVIOUS, null, ENTRY_FORMAT)).toBe(
      '{"account":"user_42","account_no":"7","amount":"40000000","available":"-40000000","closes":"f",' +
        '"details":"{\\"terms\\": {\\"late\\": \\"reject\\"}}","effective_at":"2026-11-21 09:00:00.123+00",' +
        '"format":"credits-ledger/entry/2","held":"40000000","lots":"{1024,40000000,-40000000,40000000}",' +
        '"mode":"live","position":"19","previous":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",' +
        '"recorded_at":"2026-11-21 09:00:00.123+00","reservation":"2","seq":"2","type":"reserve","unit":"credits"}',
    );
  });

  it('are canonical JSON of every column but the texts, whatever these contain', () => {
    fc.assert(
      fc.property(printed, fc.option(fc.constant('ab'.repeat(32)), { nil: null }), formats, (entry, texts, format) => {
        const { reason: _reason, metadata: _metadata, settings_metadata: _settings, ...columns } = entry;
        const expected = { ...columns, texts, previous: PREVIOUS, format: `credits-ledger/entry/${format}` };
        expect(canonicalEntry(entry, PREVIOUS, texts, format)).toBe(canonicalJson(expected));
      }),
    );
  });

  it('differ when any column differs, when null becomes zero, and when the entry before is another', () => {
    const hash = entryHash(reserve, PREVIOUS, null, ENTRY_FORMAT);
    for (const name of Object.keys(reserve) as (keyof PrintedEntry)[]) {
      if (['reason', 'metadata', 'settings_metadata'].includes(name)) continue;
      for (const value of ['0', null]) {
        if (reserve[name] === value) continue;
        expect(entryHash({ ...reserve, [name]: value } as PrintedEntry, PREVIOUS, null, ENTRY_FORMAT)).not.toBe(hash);
      }
    }
    expect(entryHash(reserve, '01'.repeat(32), null, ENTRY_FORMAT)).not.toBe(hash);
    expect(entryHash(reserve, PREVIOUS, 'ab'.repeat(32), ENTRY_FORMAT)).not.toBe(hash);
    expect(entryHash(reserve, PREVIOUS, null, 1)).not.toBe(hash);
  });
});

describe('the salted hash of texts', () => {
  it('is SHA-256 of canonical JSON with the salt in it', () => {
    const salt = Buffer.alloc(16, 3);
    fc.assert(
      fc.property(nullable, nullable, nullable, (reason, metadata, settings_metadata) => {
        const members = {
          reason,
          metadata,
          settings_metadata,
          salt: salt.toString('hex'),
          format: 'credits-ledger/texts/1',
        };
        const expected = createHash('sha256').update(canonicalJson(members)).digest('hex');
        expect(textsHash({ reason, metadata, settings_metadata }, salt)).toBe(expected);
      }),
    );
  });

  it('is another with another salt', () => {
    expect(textsHash(reserve, Buffer.alloc(16, 1))).not.toBe(textsHash(reserve, Buffer.alloc(16, 2)));
  });
});
