import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Entry, Lot } from './generated/credits/v1/ledger.js';
import { Account } from './generated/credits/v1/reads.js';
import { PricedEvent } from './generated/credits/v1/rates.js';
import { Usage } from './generated/credits/v1/usage.js';
import { JsonToMessage } from './json-to-message.js';
import { MessageBuffer } from './message-buffer.js';
import { shapeOf } from './message-shapes.js';

const out = new MessageBuffer();
const reader = new JsonToMessage(out);

function bytesOf(name: string, value: unknown): Uint8Array {
  out.clear();
  reader.write(shapeOf(`credits.v1.${name}`), Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
  return out.take();
}

test('words become enums, moments timestamps, and null nothing', () => {
  const json = {
    id: 'lot_1',
    unit: 'credits',
    category: 'promotional',
    priority: 50,
    granted: '10',
    remaining: '7.5',
    held: '0',
    expires_at: null,
    applies_to: { models: ['small', 'large'] },
    created_at: '2026-11-30T12:00:00.250Z',
  };
  expect(Lot.decode(bytesOf('Lot', json))).toEqual({
    ...json,
    category: 3,
    expires_at: undefined,
    created_at: { seconds: Date.parse(json.created_at) / 1000 - 0.25, nanos: 250_000_000 },
  });
});

test('a quantity is one amount, or amounts by kind', () => {
  const event = (quantity: unknown) => PricedEvent.decode(bytesOf('PricedEvent', { meter: 'm', quantity })).quantity;
  expect(event('1200')).toEqual({ amount: '1200' });
  expect(event({ input: '1', output: '2.5' })).toEqual({ kinds: { input: '1', output: '2.5' } });
});

test('a member that is null is not there', () => {
  const group = { model: 'large', member: null, feature: '' };
  expect(Usage.decode(bytesOf('Usage', { group, commits: 1 }))).toEqual({
    group: { model: 'large', feature: '' },
    commits: 1,
  });
});

test('what is empty is not written, except where proto/ tells it from nothing', () => {
  expect([...bytesOf('Entry', { id: '', seq: 0, reason: '' })]).toEqual([]);
  expect([...bytesOf('ReleaseReservationRequest', { reservation: '', reason: '' })]).toEqual([(3 << 3) | 2, 0]);
  expect(Account.decode(bytesOf('Account', { frozen: false, metadata: { '': '' } }))).toEqual({ metadata: { '': '' } });
});

test('text comes back as it was, whatever its characters and its length', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 }).filter(value => !/\p{Surrogate}/u.test(value));
  // The one name that nobody may use, because an object of JavaScript's loses it.
  const name = text.filter(value => value !== '__proto__');
  fc.assert(
    fc.property(text, fc.dictionary(name, text, { maxKeys: 5, noNullPrototype: true }), (reason, metadata) => {
      const read = Entry.decode(bytesOf('Entry', { reason, metadata }));
      expect(read.reason ?? '').toBe(reason);
      expect(read.metadata ?? {}).toEqual(metadata);
    }),
  );
  for (const length of [126, 127, 128, 16_383, 16_384, 100_000, 2_097_151, 2_097_152]) {
    const account = 'é"'.repeat(length >> 1).slice(0, length);
    expect(Account.decode(bytesOf('Account', { account })).account).toBe(account);
  }
});

test('what proto/ does not know is left out, and what follows it is there', () => {
  const unknown = ['null', '7', '"a \\" } text"', '[{"a":[1,"]"]},2]', '{"b":{"c":"}"}}', '[]', '{}', 'true'];
  for (const value of unknown) {
    const json = `{"id":"ent_1","colour":${value},"type":"gift","seq":3,"shade":${value}}`;
    expect(Entry.decode(bytesOf('Entry', json))).toEqual({ id: 'ent_1', seq: 3 });
  }
});

test('integers come back up to the largest that JSON holds', () => {
  for (const seq of [1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    expect(Account.decode(bytesOf('Account', { seq })).seq).toBe(seq);
  }
});

test('moments come back from the year 0 to the year 9999, before 1970 too', () => {
  const moment = fc.date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moment, at => {
      const { created_at: read } = Lot.decode(bytesOf('Lot', { created_at: at.toISOString() }));
      expect((read?.seconds ?? 0) * 1000 + (read?.nanos ?? 0) / 1e6).toBe(at.getTime());
    }),
  );
});

test.each([
  ['a member without a name', '{"id":"ent_1",7}'],
  ['a number that is none', '{"seq":-1}'],
  ['a moment that is none', '{"recorded_at":"yesterday"}'],
  ['a text without an end', '{"reason":"so'],
  ['an object without an end', '{"reason":"so"'],
  ['something after its end', '{"reason":"so"}}'],
  ['white space', '{ "reason":"so"}'],
])('%s is an error, and the next message is whole', (_, json) => {
  expect(() => bytesOf('Entry', json)).toThrow('an answer does not become its message');
  expect(Entry.decode(bytesOf('Entry', { id: 'ent_2' }))).toEqual({ id: 'ent_2' });
});
