import { Module } from '@nestjs/common';
import { Pool } from 'pg';
import { LedgerModule } from '../ledger/ledger.module.js';
import { WritePath } from '../ledger/write-path.js';
import { PROJECTION_CHOICES, type ProjectionChoices } from '../projections/every-projection.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { UnitsModule } from '../units/units.module.js';
import { GetUsageHandler } from './get-usage.js';

@Module({
  imports: [LedgerModule, UnitsModule],
  providers: [
    {
      provide: GetUsageHandler,
      useFactory: (writePath: WritePath, units: UnitRegistry, pool: Pool, { usageProperties }: ProjectionChoices) =>
        new GetUsageHandler(writePath, units, pool, usageProperties),
      inject: [WritePath, UnitRegistry, Pool, PROJECTION_CHOICES],
    },
  ],
})
export class UsageModule {}
