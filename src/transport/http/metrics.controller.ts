import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Registry } from 'prom-client';
import { Authenticator, requireScope } from '../../keys/authenticator.js';

/** For a Prometheus that holds a key with the scope `ops`; on METRICS_PORT there is the same without one. */
@Controller()
export class MetricsController {
  constructor(
    private readonly registry: Registry,
    private readonly authenticator: Authenticator,
  ) {}

  @Get('metrics')
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireScope(await this.authenticator.authenticate(request.headers.authorization), 'ops');
    void reply.header('content-type', this.registry.contentType).send(await this.registry.metrics());
  }
}
