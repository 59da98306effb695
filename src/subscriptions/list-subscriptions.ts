import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter } from '../ledger/answer.js';
import { inOrder } from '../ledger/domain/windows.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';

/** Every subscription on record of an account, as JSON: few enough for one answer. */
export class ListSubscriptions extends Query<string> {
  constructor(readonly target: Target) {
    super();
  }
}

@QueryHandler(ListSubscriptions)
export class ListSubscriptionsHandler implements IQueryHandler<ListSubscriptions> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
  ) {}

  execute({ target }: ListSubscriptions): Promise<string> {
    return this.writePath.read(target, view => {
      const subscriptions = inOrder(view.state).map(found => this.writer.subscription(view, found));
      return JSON.stringify({ account: view.id, seq: view.state.seq, subscriptions });
    });
  }
}
