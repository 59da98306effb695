import { describe, expect, it } from '@jest/globals';
import { RowArray } from './row-array.js';

const ROW_TYPE = 16_500;
const FIRST_CAPACITY_BYTES = 64 * 1024;
const HEADER_AND_ROW_BYTES = 20 + 8;

/** One row of a filler and a list of one text, which then ends the parameter. */
function withFiller(fillerBytes: number): Buffer {
  const rows = new RowArray(ROW_TYPE);
  rows.startRow();
  rows.bytea(new Uint8Array(fillerBytes));
  rows.texts(['credits']);
  rows.endRow();
  return rows.toParameter();
}

describe('an array of rows', () => {
  it('has the length of every text right, wherever its buffer had to grow', () => {
    const wanted = Buffer.from('\0\0\0\x07credits', 'latin1');
    const fullest = FIRST_CAPACITY_BYTES - HEADER_AND_ROW_BYTES;
    for (let filler = fullest - 100; filler <= fullest; filler++) {
      expect(withFiller(filler).subarray(-wanted.length)).toEqual(wanted);
    }
  });
});
