import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter } from '../ledger/answer.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';

/** One member as it is now, with what is used of its budgets, as JSON. */
export class GetMember extends Query<string> {
  constructor(
    readonly target: Target,
    readonly member: string,
  ) {
    super();
  }
}

@QueryHandler(GetMember)
export class GetMemberHandler implements IQueryHandler<GetMember> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
  ) {}

  execute({ target, member }: GetMember): Promise<string> {
    return this.writePath.read(target, view => {
      const found = view.state.members.get(member);
      if (found === undefined) throw new LedgerError('member_not_found', 'no such member is on record');
      return JSON.stringify({ account: view.id, seq: view.state.seq, member: this.writer.member(view, found) });
    });
  }
}
