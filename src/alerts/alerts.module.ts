import { Module } from '@nestjs/common';
import { UnitsModule } from '../units/units.module.js';
import { AlertRules } from './alert-rules.js';

@Module({ imports: [UnitsModule], providers: [AlertRules], exports: [AlertRules] })
export class AlertsModule {}
