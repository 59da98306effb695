import { z } from 'zod';
import { LOT_CATEGORIES } from '../ledger/domain/account.js';
import { month } from './requests/finance.js';

const money = z.string().regex(/^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/);

const financeMonth = z
  .strictObject({
    month: month.meta({ description: 'In UTC, of when what moved the money took effect.' }),
    currency: z.string().regex(/^[A-Z]{3}$/),
    category: z.enum(LOT_CATEGORIES),
    deferred_at_start: money,
    paid: money.meta({ description: 'The cost of what was granted.' }),
    recognised: money.meta({ description: 'For what was spent, less what was refunded of it.' }),
    refunded: money.meta({
      description: 'How much refunds of spends took off `recognised`, which is lower by it already.',
    }),
    breakage: money.meta({ description: 'For what expired unspent.' }),
    revoked: money.meta({ description: 'For what was revoked, less what was reinstated: the money that went back.' }),
    deferred_at_end: money.meta({ description: 'For what is still there, under hold or not.' }),
  })
  .meta({
    id: 'FinanceMonth',
    description:
      "In the currency's main unit, exact. deferred_at_start + paid = recognised + breakage + revoked + deferred_at_end",
  });

export const financeMonths = z
  .strictObject({
    data: z.array(financeMonth),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
    complete_until: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'All that was recorded earlier is in it. Null before a worker has run on this ledger.' }),
  })
  .meta({ id: 'FinanceMonthPage' });
