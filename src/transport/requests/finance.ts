import { z } from 'zod';
import { pagingQuery } from './lists.js';

/** No entry is older. */
const FIRST_MONTH = '1970-01';

export const month = z
  .string('must be a month like 2026-11')
  .regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/, 'must be a month like 2026-11')
  .refine(value => value >= FIRST_MONTH, `must be ${FIRST_MONTH} or later`)
  .meta({ examples: ['2026-11'] });

const filter = {
  from: month.meta({ description: 'In UTC, inclusive; 11 months before `to` if left out.' }).optional(),
  to: month.meta({ description: 'In UTC, inclusive; this month if left out.' }).optional(),
  currency: z
    .string('must be given once')
    .regex(/^[A-Za-z]{3}$/, 'must be a currency of three letters')
    .transform(value => value.toUpperCase())
    .meta({ description: 'Only this one.', examples: ['USD'] })
    .optional(),
};

export const financeQuery = pagingQuery.extend(filter);
/** An export is whole: it has no pages. */
export const financeExportQuery = z.strictObject(filter);
