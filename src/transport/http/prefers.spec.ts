import { expect, test } from '@jest/globals';
import { prefers } from './prefers.js';

test.each([
  ['text/csv', true],
  ['TEXT/CSV; header=present', true],
  ['text/*', true],
  ['text/csv, application/json;q=0.9', true],
  ['application/json;q=0.5, text/csv;q=0.6', true],
  ['*/*;q=0.1, text/csv', true],
  ['text/csv, application/json', false],
  ['text/csv;q=0.1, application/json', false],
  ['text/csv;q=0', false],
  ['text/csv;q=nonsense', false],
  ['application/json', false],
  ['application/pdf', false],
  ['*/*', false],
  ['', false],
  [undefined, false],
])('Accept: %s prefers CSV to JSON: %s', (accept, expected) => {
  expect(prefers(accept, 'text/csv', 'application/json')).toBe(expected);
});
