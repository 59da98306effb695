import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger.module.js';
import { CancelSubscriptionHandler } from './cancel-subscription.js';
import { ChargeCreditsHandler } from './charge-credits.js';
import { CommitReservationHandler } from './commit-reservation.js';
import { ConfigureAccountHandler } from './configure-account.js';
import { ExtendReservationHandler } from './extend-reservation.js';
import { FreezeAccountHandler } from './freeze-account.js';
import { GrantCreditsHandler } from './grant-credits.js';
import { RefundEntryHandler } from './refund-entry.js';
import { RefundReservationHandler } from './refund-reservation.js';
import { ReleaseReservationHandler } from './release-reservation.js';
import { ReserveCreditsHandler } from './reserve-credits.js';
import { RevokeLotHandler } from './revoke-lot.js';
import { RemoveMemberHandler } from './remove-member.js';
import { SetMemberHandler } from './set-member.js';
import { SubscribeAccountHandler } from './subscribe-account.js';
import { UnfreezeAccountHandler } from './unfreeze-account.js';

@Module({
  imports: [LedgerModule],
  providers: [
    GrantCreditsHandler,
    ReserveCreditsHandler,
    ChargeCreditsHandler,
    CommitReservationHandler,
    ReleaseReservationHandler,
    ExtendReservationHandler,
    RefundReservationHandler,
    RefundEntryHandler,
    RevokeLotHandler,
    ConfigureAccountHandler,
    FreezeAccountHandler,
    UnfreezeAccountHandler,
    SubscribeAccountHandler,
    CancelSubscriptionHandler,
    SetMemberHandler,
    RemoveMemberHandler,
  ],
})
export class CommandsModule {}
