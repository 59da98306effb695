import { Module } from '@nestjs/common';
import { UnitsModule } from '../units/units.module.js';
import { PlanCatalogue } from './plan-catalogue.js';
import { PlanChanges } from './plan-changes.js';
import { PublicPlans } from './public-plans.js';

const PROVIDERS = [PlanCatalogue, PlanChanges, PublicPlans];

@Module({ imports: [UnitsModule], providers: PROVIDERS, exports: PROVIDERS })
export class PlansModule {}
