import { Controller, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { run } from '../operation-answers.js';
import { reconcileStripeRequest } from '../requests/stripe-reconciliation.js';
import { StripeReconciliationCalls } from '../stripe-reconciliation.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** Stripe's money and the ledger's credits, compared. A key compares its own mode. */
@Controller('v1/ops/stripe')
export class StripeReconciliationController {
  constructor(private readonly calls: StripeReconciliationCalls) {}

  @Post('reconcile')
  @RouteConfig(
    called({
      id: 'reconcileStripe',
      tag: 'operations',
      summary: 'Compare what Stripe has of a span of time with the ledger, and repair what settling it anew puts right',
      description:
        'A dry run unless `dry_run` is false. Answers at once; a worker does it, payment by payment and subscription by ' +
        'subscription, and whoever takes over after a kill goes on where it was. The run tells what differs.',
      scope: 'ops',
      body: reconcileStripeRequest,
      refusals: ['stripe_not_configured', 'too_many_runs'],
      status: 202,
      answer: run,
    }),
  )
  async reconcile(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 202, await this.calls.reconcile(request.caller, readBody(request)));
  }
}
