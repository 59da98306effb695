import type { FastifyInstance } from 'fastify';

/**
 * While the process is about to stop, every answer says that its connection ends with it: a caller then opens its next
 * one elsewhere, and no request is on its way on a connection that is being closed.
 */
export function endConnectionsWhile(stopping: () => boolean, instance: FastifyInstance): void {
  instance.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping()) void reply.header('connection', 'close');
    done(null, payload);
  });
}
