import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter } from '../ledger/answer.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { pageOf, type Page } from '../shared/page.js';

/** Members on record as they are now, by id, those after one. */
export class ListMembers extends Query<Page> {
  constructor(
    readonly target: Target,
    /** Only those directly below it; null for all. */
    readonly parent: string | null,
    /** Empty: from the first. */
    readonly afterId: string,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(ListMembers)
export class ListMembersHandler implements IQueryHandler<ListMembers> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
  ) {}

  execute({ target, parent, afterId, limit }: ListMembers): Promise<Page> {
    return this.writePath.read(target, view => {
      const found = [...view.state.members.values()]
        .filter(member => member.id > afterId && (parent === null || member.parent === parent))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit + 1);
      return pageOf(
        found,
        limit,
        member => JSON.stringify(this.writer.member(view, member)),
        ({ id }) => id,
      );
    });
  }
}
