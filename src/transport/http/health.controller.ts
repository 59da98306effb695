import { Controller, Get, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Readiness } from '../../health/readiness.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { called } from './call.js';
import { sendAnswer } from './send-answer.js';

const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' });
const readiness = z
  .strictObject({
    status: z.enum(['ok', 'degraded']).meta({ description: 'degraded: send requests, and look at the rest.' }),
    job_queue: z.enum(['ok', 'away']),
  })
  .meta({ id: 'Readiness' });

/** For whoever restarts the process (livez) and whoever sends it requests (readyz). */
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('livez')
  @RouteConfig(
    called({ id: 'livez', tag: 'health', summary: 'The process runs', scope: null, status: 200, answer: health }),
  )
  live(@Res() reply: FastifyReply): void {
    sendAnswer(reply, 200, '{"status":"ok"}');
  }

  @Get('readyz')
  @RouteConfig(
    called({
      id: 'readyz',
      tag: 'health',
      summary: 'The database answers, and the process is not stopping',
      scope: null,
      status: 200,
      answer: readiness,
    }),
  )
  async ready(@Res() reply: FastifyReply): Promise<void> {
    if (!(await this.readiness.isReady())) {
      const reason = this.readiness.stopping ? 'this replica is stopping' : 'the database does not answer';
      throw new LedgerError('busy', reason, {}, true);
    }
    const { queueAnswers } = this.readiness;
    const told = { status: queueAnswers ? 'ok' : 'degraded', job_queue: queueAnswers ? 'ok' : 'away' };
    sendAnswer(reply, 200, JSON.stringify(told));
  }
}
