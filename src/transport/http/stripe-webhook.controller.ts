import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ReceiveEvent } from '../../stripe/intake/receive-event.js';
import { sendAnswer } from './send-answer.js';

/** For Stripe only, which proves itself by its signature; no call of the API. */
@Controller('webhooks/stripe')
export class StripeWebhookController {
  constructor(private readonly receiver: ReceiveEvent) {}

  /** Told twice, it was told once: Stripe is to be content either way. */
  @Post()
  async receive(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signature = request.headers['stripe-signature'];
    const outcome = await this.receiver.receive(body, typeof signature === 'string' ? signature : undefined);
    sendAnswer(reply, 200, JSON.stringify({ received: outcome }));
  }
}
