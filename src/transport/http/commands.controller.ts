import { Controller, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lotMutation, mutation, reservationMutation, reservationRelease, spendMutation } from '../answers.js';
import { Mutations } from '../mutations.js';
import { CHARGE } from '../requests/charge.js';
import { CLAIM } from '../requests/claim.js';
import { COMMIT } from '../requests/commit.js';
import { EXTEND } from '../requests/extend.js';
import { FREEZE, UNFREEZE } from '../requests/freeze.js';
import { GRANT } from '../requests/grant.js';
import type { Operation } from '../requests/operation.js';
import { REFUND_ENTRY, REFUND_RESERVATION } from '../requests/refund.js';
import { RELEASE } from '../requests/release.js';
import { RESERVE } from '../requests/reserve.js';
import { REVOKE } from '../requests/revoke.js';
import { commandCall } from './command-call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** Every call that changes an account and needs an `Idempotency-Key`. */
@Controller('v1')
export class CommandsController {
  constructor(private readonly mutations: Mutations) {}

  @Post('accounts/:account/grants')
  @RouteConfig(commandCall(GRANT, 'accounts', lotMutation))
  grant(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(GRANT, request, reply);
  }

  @Post('accounts/:account/reservations')
  @RouteConfig(commandCall(RESERVE, 'reservations', reservationMutation))
  reserve(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(RESERVE, request, reply);
  }

  @Post('accounts/:account/charges')
  @RouteConfig(commandCall(CHARGE, 'accounts', spendMutation))
  charge(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(CHARGE, request, reply);
  }

  @Post('accounts/:account/freeze')
  @RouteConfig(commandCall(FREEZE, 'accounts', mutation))
  freeze(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(FREEZE, request, reply);
  }

  @Post('accounts/:account/unfreeze')
  @RouteConfig(commandCall(UNFREEZE, 'accounts', mutation))
  unfreeze(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(UNFREEZE, request, reply);
  }

  @Post('reservations/:id/commit')
  @RouteConfig(commandCall(COMMIT, 'reservations', reservationMutation))
  commit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(COMMIT, request, reply);
  }

  @Post('reservations/:id/release')
  @RouteConfig(commandCall(RELEASE, 'reservations', reservationRelease))
  release(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(RELEASE, request, reply);
  }

  @Post('reservations/:id/extend')
  @RouteConfig(commandCall(EXTEND, 'reservations', reservationMutation))
  extend(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(EXTEND, request, reply);
  }

  @Post('reservations/:id/refund')
  @RouteConfig(commandCall(REFUND_RESERVATION, 'reservations', mutation))
  refundReservation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(REFUND_RESERVATION, request, reply);
  }

  @Post('entries/:id/refund')
  @RouteConfig(commandCall(REFUND_ENTRY, 'accounts', mutation))
  refundEntry(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(REFUND_ENTRY, request, reply);
  }

  @Post('accounts/:account/claims')
  @RouteConfig(commandCall(CLAIM, 'campaigns', lotMutation))
  claim(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(CLAIM, request, reply);
  }

  @Post('lots/:id/revoke')
  @RouteConfig(commandCall(REVOKE, 'accounts', mutation))
  revoke(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.run(REVOKE, request, reply);
  }

  private async run(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { account, id } = request.params as { account?: string; id?: string };
    const answer = await this.mutations.run({
      operation,
      asker: { mode: request.caller.mode },
      address: (account ?? id)!,
      body: readBody(request),
      key: request.headers['idempotency-key'] as string | undefined,
      part: 'body',
      keyLocation: 'header.Idempotency-Key',
    });
    if (answer.replayed) void reply.header('idempotency-replayed', 'true');
    sendAnswer(reply, operation.status, answer.body);
  }
}
