import { Module } from '@nestjs/common';
import { Pool } from 'pg';
import { LedgerModule } from '../ledger/ledger.module.js';
import { WritePath } from '../ledger/write-path.js';
import { ClockNotices } from '../webhooks/outbox/clock-notices.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { AdvanceClocks } from './advance-clocks.js';
import { StoredClocks } from './stored-clocks.js';
import { TestClocks } from './test-clocks.js';

/** Time in test mode, moved by hand. */
@Module({
  imports: [LedgerModule, WebhooksModule],
  providers: [
    { provide: StoredClocks, useFactory: (pool: Pool) => new StoredClocks(pool), inject: [Pool] },
    {
      provide: TestClocks,
      useFactory: (clocks: StoredClocks, writePath: WritePath, notices: ClockNotices) =>
        new TestClocks(clocks, writePath, notices),
      inject: [StoredClocks, WritePath, ClockNotices],
    },
    {
      provide: AdvanceClocks,
      useFactory: (clocks: StoredClocks, testClocks: TestClocks) => new AdvanceClocks(clocks, testClocks),
      inject: [StoredClocks, TestClocks],
    },
  ],
  exports: [TestClocks, AdvanceClocks],
})
export class ClocksModule {}
