import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import type { Mode } from '../ledger/submission.js';
import { allMonths, pageOfMonths, type FinanceFilter, type FinanceMonths } from './finance-months.js';
import type { MonthPlace } from './read-months.js';

/** What became of the money that was paid for credits, month by month: a page of it, or for an export all there is. */
export class GetFinanceMonths extends Query<FinanceMonths> {
  constructor(
    readonly mode: Mode,
    readonly filter: FinanceFilter,
    readonly page: { readonly after: MonthPlace | null; readonly limit: number } | 'all',
  ) {
    super();
  }
}

@QueryHandler(GetFinanceMonths)
export class GetFinanceMonthsHandler implements IQueryHandler<GetFinanceMonths> {
  constructor(private readonly pool: Pool) {}

  execute({ mode, filter, page }: GetFinanceMonths): Promise<FinanceMonths> {
    if (page === 'all') return allMonths(this.pool, mode, filter);
    return pageOfMonths(this.pool, mode, filter, page.after, page.limit);
  }
}
