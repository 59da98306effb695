import { Module } from '@nestjs/common';
import { Amounts } from './amounts.js';
import { UnitRegistry } from './unit-registry.js';

@Module({ providers: [UnitRegistry, Amounts], exports: [UnitRegistry, Amounts] })
export class UnitsModule {}
