import { z } from 'zod';
import { ENTRY_TYPES } from '../../ledger/domain/entry.js';
import { moment, unit } from './fields.js';

/** A page of usage ends with names of the caller's own, which may be long. */
const LONGEST_CURSOR_CHARS = 6_144;
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

const MOST_GROUPS = 6;
/** No entry is older, and PostgreSQL knows no year 0. */
const FIRST_DAY = '1970-01-01';
const day = z.iso
  .date('must be a day like 2026-11-30')
  .refine(value => value >= FIRST_DAY, `must be ${FIRST_DAY} or later`)
  .meta({ examples: ['2026-11-30'] });

export const usageQuery = z.strictObject({
  ...paging,
  from: day.meta({ description: 'In UTC, inclusive; 29 days before `to` if left out.' }).optional(),
  to: day.meta({ description: 'In UTC, inclusive; today if left out.' }).optional(),
  unit: unit.optional(),
  group_by: z
    .string('must be given once')
    .transform(value => value.split(',').filter(name => name !== ''))
    .refine(names => names.length <= MOST_GROUPS, `must have at most ${MOST_GROUPS} names`)
    .refine(names => new Set(names).size === names.length, 'must not name anything twice')
    .meta({
      description:
        'Names with commas between them: `day`, `member`, and the properties of USAGE_PROPERTIES. Empty: by unit alone.',
      examples: ['day,model'],
    })
    .default(['day']),
});

export const statementQuery = z.strictObject({
  from: moment.meta({ description: "Inclusive; the account's beginning if left out." }).optional(),
  to: moment.meta({ description: 'Exclusive, not in the future; now, inclusive, if left out.' }).optional(),
  format: z.enum(['json', 'csv'], 'must be json or csv').default('json'),
});
