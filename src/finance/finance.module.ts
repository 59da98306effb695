import { Module } from '@nestjs/common';
import { GetFinanceMonthsHandler } from './get-finance-months.js';

@Module({ providers: [GetFinanceMonthsHandler] })
export class FinanceModule {}
