import { Module } from '@nestjs/common';
import { UnitRegistry } from './unit-registry.js';

@Module({ providers: [UnitRegistry], exports: [UnitRegistry] })
export class UnitsModule {}
