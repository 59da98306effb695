import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { entry, lot, pageOf, reservation, reservationWithEntries } from '../answers.js';
import { Reads } from '../reads.js';
import { entriesQuery, lotsQuery, reservationsQuery } from '../requests/lists.js';
import { called } from './call.js';
import { sendAnswer } from './send-answer.js';

/** What an account's balances are made of. */
@Controller('v1')
export class ReadModelsController {
  constructor(private readonly reads: Reads) {}

  @Get('accounts/:account/entries')
  @RouteConfig(
    called({
      id: 'listEntries',
      tag: 'accounts',
      summary: "List an account's entries, newest first",
      scope: 'ledger:read',
      query: entriesQuery,
      refusals: ['unit_not_found'],
      status: 200,
      answer: pageOf(entry, 'Entry'),
    }),
  )
  async entries(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.entries(request.caller, account, request.query));
  }

  @Get('accounts/:account/lots')
  @RouteConfig(
    called({
      id: 'listLots',
      tag: 'accounts',
      summary: "List an account's lots, newest first, those that are used up or over included",
      scope: 'ledger:read',
      query: lotsQuery,
      refusals: ['unit_not_found'],
      status: 200,
      answer: pageOf(lot, 'Lot'),
    }),
  )
  async lots(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.lots(request.caller, account, request.query));
  }

  @Get('accounts/:account/reservations')
  @RouteConfig(
    called({
      id: 'listReservations',
      tag: 'reservations',
      summary: "List an account's reservations, newest first",
      scope: 'ledger:read',
      query: reservationsQuery,
      status: 200,
      answer: pageOf(reservation, 'Reservation'),
    }),
  )
  async reservations(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.reservations(request.caller, account, request.query));
  }

  @Get('reservations/:id')
  @RouteConfig(
    called({
      id: 'getReservation',
      tag: 'reservations',
      summary: 'Read a reservation with its entries',
      scope: 'ledger:read',
      refusals: ['reservation_not_found'],
      status: 200,
      answer: reservationWithEntries,
    }),
  )
  async reservation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 200, await this.reads.reservation(request.caller, id));
  }
}
