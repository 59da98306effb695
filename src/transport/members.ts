import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import { RemoveMember } from '../ledger/commands/remove-member.js';
import { SetMember } from '../ledger/commands/set-member.js';
import type { Answer } from '../ledger/submission.js';
import { GetMember } from '../members/get-member.js';
import { ListMembers } from '../members/list-members.js';
import { Amounts } from '../units/amounts.js';
import { targetOf, type Asker } from './asker.js';
import { CommandCounts } from './command-counts.js';
import { decodeCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { memberId, membersQuery, setMemberRequest, windowOf } from './requests/members.js';
import { parseRequest } from './requests/parse-request.js';

/** Calls about an account's members, read and answered the same way for every transport, as JSON. */
@Injectable()
export class MemberCalls {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly amounts: Amounts,
    private readonly counts: CommandCounts,
  ) {}

  async set(asker: Asker, account: unknown, member: unknown, body: unknown): Promise<Answer> {
    const target = targetOf(asker, account);
    const id = parseRequest(memberId, member, 'path.member');
    const request = parseRequest(setMemberRequest, body, 'body');
    const fields = request.budgets.map(({ unit, amount: input }, place) => {
      return { location: `body.budgets[${place}].amount`, unit, input, mayBeZero: true };
    });
    const read = await this.amounts.read(fields);
    await this.amounts.putToUse(read);
    const budgets = request.budgets.map(({ unit, soft, window }, place) => {
      return { unit, amount: read.values[place]!, ...windowOf(window), soft };
    });
    const command = new SetMember(target, { member: id, parent: request.parent ?? null, budgets });
    return this.counts.count('set-member', this.commands.execute<Command<Answer>, Answer>(command));
  }

  async remove(asker: Asker, account: unknown, member: unknown): Promise<Answer> {
    const target = targetOf(asker, account);
    const command = new RemoveMember(target, parseRequest(memberId, member, 'path.member'));
    return this.counts.count('remove-member', this.commands.execute<Command<Answer>, Answer>(command));
  }

  async get(asker: Asker, account: unknown, member: unknown): Promise<string> {
    const target = targetOf(asker, account);
    return this.queries.execute(new GetMember(target, parseRequest(memberId, member, 'path.member')));
  }

  async list(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { limit, after, parent = null } = parseRequest(membersQuery, query, 'query');
    const afterId = decodeCursor('members', after) ?? '';
    return pageJson('members', await this.queries.execute(new ListMembers(target, parent, afterId, limit)));
  }
}
