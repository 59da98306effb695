import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { GetMemberHandler } from './get-member.js';
import { ListMembersHandler } from './list-members.js';

@Module({ imports: [LedgerModule], providers: [GetMemberHandler, ListMembersHandler] })
export class MembersModule {}
