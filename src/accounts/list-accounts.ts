import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import type { Mode } from '../ledger/submission.js';
import { pageOf, type Page } from '../shared/page.js';
import { AccountReader } from './account-reader.js';

/** Byte order: the column's collation is "C". A name without an entry is no account yet: only a key was used there. */
const LIST_IDS = `
SELECT id FROM account_names n
WHERE mode = $1 AND id > $2 AND EXISTS (SELECT FROM entries e WHERE e.account_no = n.account_no AND e.seq = 1)
ORDER BY id LIMIT $3`;

/** Accounts in the order of their ids, each as it is now. */
export class ListAccounts extends Query<Page> {
  constructor(
    readonly mode: Mode,
    readonly afterId: string,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListAccounts)
export class ListAccountsHandler implements IQueryHandler<ListAccounts> {
  constructor(
    private readonly pool: Pool,
    private readonly accounts: AccountReader,
  ) {}

  async execute({ mode, afterId, limit }: ListAccounts): Promise<Page> {
    const { rows } = await this.pool.query<{ id: string }>(LIST_IDS, [mode, afterId, limit + 1]);
    const shown = rows.slice(0, limit);
    const json = await Promise.all(shown.map(({ id }) => this.accounts.read({ mode, account: id })));
    const page = pageOf(
      rows,
      limit,
      ({ id }) => id,
      ({ id }) => id,
    );
    return { ...page, items: json };
  }
}
