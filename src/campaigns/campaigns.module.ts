import { Module } from '@nestjs/common';
import { Pool } from 'pg';
import { LedgerModule } from '../ledger/ledger.module.js';
import { WritePath } from '../ledger/write-path.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { UnitsModule } from '../units/units.module.js';
import { Campaigns } from './campaigns.js';
import { ClaimCampaignHandler } from './claim-campaign.js';
import { Claims } from './claims.js';
import { FinishClaims } from './finish-claims.js';

@Module({
  imports: [LedgerModule, UnitsModule],
  providers: [
    Campaigns,
    ClaimCampaignHandler,
    { provide: Claims, useFactory: (pool: Pool) => new Claims(pool), inject: [Pool] },
    {
      provide: FinishClaims,
      useFactory: (claims: Claims, writePath: WritePath, units: UnitRegistry) =>
        new FinishClaims(claims, writePath, units),
      inject: [Claims, WritePath, UnitRegistry],
    },
  ],
  exports: [Campaigns, FinishClaims],
})
export class CampaignsModule {}
