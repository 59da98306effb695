import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.js';
import { UnitsModule } from '../units/units.module.js';
import { CheckReservationHandler } from './check-reservation.js';
import { GetReservationHandler } from './get-reservation.js';
import { ListReservationsHandler } from './list-reservations.js';
import { ReservationHistories } from './reservation-history.js';

@Module({
  imports: [LedgerModule, UnitsModule],
  providers: [ReservationHistories, GetReservationHandler, ListReservationsHandler, CheckReservationHandler],
})
export class ReservationsModule {}
