import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter } from '../ledger/answer.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';

/** One subscription as it is now, as JSON. */
export class GetSubscription extends Query<string> {
  constructor(
    readonly target: Target,
    readonly subscription: string,
  ) {
    super();
  }
}

@QueryHandler(GetSubscription)
export class GetSubscriptionHandler implements IQueryHandler<GetSubscription> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
  ) {}

  execute({ target, subscription }: GetSubscription): Promise<string> {
    return this.writePath.read(target, view => {
      const found = view.state.subscriptions.get(subscription);
      if (found === undefined) throw new LedgerError('subscription_not_found', 'no such subscription');
      return JSON.stringify({
        account: view.id,
        seq: view.state.seq,
        subscription: this.writer.subscription(view, found),
      });
    });
  }
}
