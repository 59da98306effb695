import { describe, expect, test } from '@jest/globals';
import { whyNoAccountId } from './account-id.js';

describe('the id of an account', () => {
  test.each(['user_42', 'a', 'a.b', '...', 'ü', '😀'.repeat(255), ' ', 'a/b?c#d'])('may be %j', id => {
    expect(whyNoAccountId(id)).toBeNull();
  });

  test.each([
    ['', 'must have 1 to 255 characters'],
    ['x'.repeat(256), 'must have 1 to 255 characters'],
    ['😀'.repeat(256), 'must have 1 to 255 characters'],
    ['a\0', 'must not contain control characters'],
    ['a\u0085', 'must not contain control characters'],
    ['a\ud83d', 'must not contain half a surrogate pair'],
    ['.', 'must not be . or ..'],
    ['..', 'must not be . or ..'],
  ])('cannot be %j', (id, why) => {
    expect(whyNoAccountId(id)).toBe(why);
  });
});
