import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Target } from '../ledger/submission.js';
import { AccountReader } from './account-reader.js';

/** One account as it is now, as JSON. */
export class GetAccount extends Query<string> {
  constructor(readonly target: Target) {
    super();
  }
}

@QueryHandler(GetAccount)
export class GetAccountHandler implements IQueryHandler<GetAccount> {
  constructor(private readonly accounts: AccountReader) {}

  execute({ target }: GetAccount): Promise<string> {
    return this.accounts.read(target);
  }
}
