import { describe, expect, test } from '@jest/globals';
import { makeApiKey, readApiKey } from './api-key.js';

describe('API keys', () => {
  test('are read back as they were made', () => {
    for (const mode of ['live', 'test'] as const) {
      const key = makeApiKey(mode);
      expect(key.text).toMatch(new RegExp(`^crd_${mode}_[0-9A-Za-z]{11}_[0-9A-Za-z]{49}$`));
      expect(readApiKey(key.text)).toEqual(key);
    }
  });

  test('are never the same', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => makeApiKey('live').text)).size).toBe(1_000);
  });

  test('of the test mode are refused unasked when mistyped', () => {
    const { text } = makeApiKey('test');
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'x' ? 'y' : 'x';
      expect(readApiKey(text.slice(0, at) + other + text.slice(at + 1))).toBeNull();
    }
  });

  test('of an operator are taken as they are, checksum or not', () => {
    const text = 'crd_live_my-own-key-0123456789';
    expect(readApiKey(text)).toMatchObject({ text, prefix: 'crd_live_my-o' });
    expect(readApiKey(text)!.id).toMatch(/^key_[0-9a-f]{20}$/);
    const { text: made, id } = makeApiKey('live');
    expect(readApiKey(`${made}x`)!.id).not.toBe(id);
  });

  test.each([
    '',
    'crd_live_',
    'crd_live_tooshort',
    'crd_live_with a space 0123456',
    'sk_live_0123456789abcdef',
    `crd_live_${'x'.repeat(600)}`,
  ])('%s is none', text => expect(readApiKey(text)).toBeNull());
});
