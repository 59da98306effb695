import type { FastifyReply } from 'fastify';

/** JSON as it was written elsewhere; nothing looks into it any more. */
export function sendAnswer(reply: FastifyReply, status: number, json: Buffer | string): void {
  void reply.code(status).header('content-type', 'application/json; charset=utf-8').send(json);
}
