import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import type { FinanceFilter } from '../finance/finance-months.js';
import { GetFinanceMonths } from '../finance/get-finance-months.js';
import { monthsCsv } from '../finance/months-csv.js';
import type { MonthPlace } from '../finance/read-months.js';
import { LOT_CATEGORIES } from '../ledger/domain/account.js';
import type { Asker } from './asker.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { financeExportQuery, financeQuery, month } from './requests/finance.js';
import { invalidRequest, parseRequest } from './requests/parse-request.js';

const LIST = 'finance-months';
const place = z.tuple([month, z.string().regex(/^[A-Z]{3}$/), z.enum(LOT_CATEGORIES)]);

/** What is asked about money: of the mode of whoever asks. */
@Injectable()
export class FinanceCalls {
  constructor(private readonly queries: QueryBus) {}

  async months({ mode }: Asker, query: unknown): Promise<string> {
    const { limit, after, ...asked } = parseRequest(financeQuery, query, 'query');
    const page = { after: placeOf(after), limit };
    const { months, hasMore, completeUntil } = await this.queries.execute(
      new GetFinanceMonths(mode, filterOf(asked), page),
    );
    const last = months.at(-1);
    const next = hasMore && last !== undefined ? [last.month, last.currency, last.category].join(' ') : null;
    return JSON.stringify({
      data: months,
      has_more: hasMore,
      next_cursor: next === null ? null : encodeCursor(LIST, next),
      complete_until: completeUntil,
    });
  }

  async monthsCsv({ mode }: Asker, query: unknown): Promise<string> {
    const filter = filterOf(parseRequest(financeExportQuery, query, 'query'));
    return monthsCsv((await this.queries.execute(new GetFinanceMonths(mode, filter, 'all'))).months);
  }
}

function filterOf(asked: z.output<typeof financeExportQuery>): FinanceFilter {
  return { from: asked.from ?? null, to: asked.to ?? null, currency: asked.currency ?? null };
}

/** @throws LedgerError invalid_request */
function placeOf(cursor: string | undefined): MonthPlace | null {
  const last = decodeCursor(LIST, cursor);
  if (last === undefined) return null;
  const read = place.safeParse(last.split(' '));
  if (!read.success) throw invalidRequest([{ location: 'query.after', message: 'is not a next_cursor of this list' }]);
  const [at, currency, category] = read.data;
  return { month: at, currency, category };
}
