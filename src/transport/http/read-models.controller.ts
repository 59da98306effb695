import { Controller, Get, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ListEntries } from '../../entries/list-entries.js';
import { IdCodec } from '../../ids/id-codec.js';
import { ListLots } from '../../lots/list-lots.js';
import { GetReservation } from '../../reservations/get-reservation.js';
import { ListReservations } from '../../reservations/list-reservations.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { entry, lot, pageOf, reservation, reservationWithEntries } from '../answers.js';
import { decodeNumberCursor } from '../cursor.js';
import { entriesQuery, lotsQuery, reservationsQuery } from '../requests/lists.js';
import { parseRequest } from '../requests/parse-request.js';
import { called } from './call.js';
import { readTarget } from './read-target.js';
import { sendAnswer } from './send-answer.js';
import { sendPage } from './send-page.js';

/** What an account's balances are made of. */
@Controller('v1')
export class ReadModelsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly ids: IdCodec,
  ) {}

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
    const target = readTarget(request);
    const { limit, after, type, unit, from, to } = parseRequest(entriesQuery, request.query, 'query');
    const filter = { type: type ?? null, unit: unit ?? null, from: from ?? null, to: to ?? null };
    const before = decodeNumberCursor('entries', after);
    sendPage(reply, 'entries', await this.queries.execute(new ListEntries(target, filter, before, limit)));
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
    const target = readTarget(request);
    const { limit, after, unit } = parseRequest(lotsQuery, request.query, 'query');
    const before = decodeNumberCursor('lots', after);
    sendPage(reply, 'lots', await this.queries.execute(new ListLots(target, unit ?? null, before, limit)));
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
    const target = readTarget(request);
    const { limit, after, status } = parseRequest(reservationsQuery, request.query, 'query');
    const before = decodeNumberCursor('reservations', after);
    const page = await this.queries.execute(new ListReservations(target, status === 'open', before, limit));
    sendPage(reply, 'reservations', page);
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
    const decoded = this.ids.decode('reservation', id);
    if (decoded === null) throw new LedgerError('reservation_not_found', 'there is no such reservation');
    const { accountNo, number } = decoded;
    const target = { mode: request.caller.mode, accountNo, missing: 'reservation_not_found' } as const;
    sendAnswer(reply, 200, await this.queries.execute(new GetReservation(target, number)));
  }
}
