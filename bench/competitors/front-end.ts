import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { Body, Controller, Headers, Module, Param, Post, Res, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { parseAmount } from '../../src/shared/amount.js';
import type { Contestant, Once } from '../contestant.js';

export interface FrontEnd {
  readonly port: number;
  close(): Promise<void>;
}

interface HttpReply {
  code(status: number): HttpReply;
  header(name: string, value: string): HttpReply;
  send(body: Buffer): void;
}

const SCALE = 6;
const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * The cheapest honest front end for a competitor: the same Nest on Fastify as ours, no authentication, no validation
 * beyond the amount, a handler that hands over and sends the bytes it gets.
 */
export async function startFrontEnd(contestant: Contestant): Promise<FrontEnd> {
  const app = await NestFactory.create<NestFastifyApplication>(moduleFor(contestant), new FastifyAdapter(), {
    logger: ['error', 'warn'],
  });
  await app.listen(0, '127.0.0.1');
  const { port } = new URL(await app.getUrl());
  return { port: Number(port), close: () => app.close() };
}

function moduleFor(contestant: Contestant): DynamicModule {
  @Controller('v1')
  class CompetitorController {
    @Post('accounts/:account/reservations')
    async reserve(
      @Param('account') account: string,
      @Headers('idempotency-key') key: string,
      @Body() body: { amount: string },
      @Res() reply: HttpReply,
    ): Promise<void> {
      const answer = await contestant.reserve(account, unitsOf(body), onceFor('reserve', account, key, body));
      reply.code(201).header('content-type', JSON_TYPE).send(answer);
    }

    @Post('reservations/:reservation/commit')
    async commit(
      @Param('reservation') reservation: string,
      @Headers('idempotency-key') key: string,
      @Body() body: { amount: string },
      @Res() reply: HttpReply,
    ): Promise<void> {
      const answer = await contestant.commit(reservation, unitsOf(body), onceFor('commit', reservation, key, body));
      reply.code(200).header('content-type', JSON_TYPE).send(answer);
    }
  }

  @Module({ controllers: [CompetitorController] })
  class CompetitorModule {}
  return { module: CompetitorModule };
}

export function unitsOf(body: { amount?: string | undefined }): bigint {
  const amount = parseAmount(body.amount, SCALE);
  if (!amount.ok) throw new Error(amount.message);
  return amount.units;
}

export function onceFor(operation: string, target: string, key: string, body: unknown): Once {
  const digest = createHash('sha256')
    .update(`${operation}\n${target}\n${JSON.stringify(body)}`)
    .digest();
  return { key, fingerprint: digest.subarray(0, 16) };
}
