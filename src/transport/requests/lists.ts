import { z } from 'zod';
import { ENTRY_TYPES } from '../../ledger/domain/entry.js';
import { moment, unit } from './fields.js';

const LONGEST_CURSOR_CHARS = 2_048;
const LIMIT_MESSAGE = 'must be a whole number, 1 to 100';

const paging = {
  limit: z.coerce.number(LIMIT_MESSAGE).int(LIMIT_MESSAGE).min(1, LIMIT_MESSAGE).max(100, LIMIT_MESSAGE).default(20),
  after: z
    .string('must be given once')
    .max(LONGEST_CURSOR_CHARS, 'is not a next_cursor of this list')
    .meta({ description: '`next_cursor` of the page before.' })
    .optional(),
};

export const pagingQuery = z.strictObject(paging);

export const balanceQuery = z.strictObject({
  unit: unit.optional(),
  as_of: moment.meta({ description: 'Inclusive; not in the future.' }).optional(),
});

export const entriesQuery = z.strictObject({
  ...paging,
  type: z.enum(ENTRY_TYPES).optional(),
  unit: unit.optional(),
  from: moment.meta({ description: 'Took effect then or later.' }).optional(),
  to: moment.meta({ description: 'Took effect then or earlier.' }).optional(),
});

export const lotsQuery = z.strictObject({ ...paging, unit: unit.optional() });

export const reservationsQuery = z.strictObject({
  ...paging,
  status: z.enum(['open'], 'must be open, or left out').optional(),
});

export const explainQuery = z.strictObject({
  from: moment
    .meta({ description: 'Everything effective by then is in the opening balance; the beginning if left out.' })
    .optional(),
  to: moment.meta({ description: 'Inclusive, not in the future; now if left out.' }).optional(),
  unit: unit.meta({ description: 'Only this unit, and the entries that move it.' }).optional(),
});
