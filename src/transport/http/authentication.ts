import type { FastifyInstance } from 'fastify';
import { requireScope, type Authenticator } from '../../keys/authenticator.js';
import { LedgerError } from '../../shared/ledger-error.js';

/**
 * Authenticates before a body is read, so that nobody without a key makes the service read megabytes. A Nest guard would
 * run after it. Fails closed: under /v1 a route without a declared call does not start.
 */
export function authenticateRequests(instance: FastifyInstance, authenticator: Authenticator): void {
  instance.decorateRequest('caller');
  instance.addHook('onRoute', ({ url, config }) => {
    if (url.startsWith('/v1') && config?.call === undefined)
      throw new Error(`the route ${url} does not say who may call it`);
  });
  instance.addHook('onRequest', async request => {
    const scope = request.routeOptions.config.call?.scope ?? null;
    if (scope === null) return;
    request.caller = await authenticator.authenticate(request.headers.authorization);
    requireScope(request.caller, scope);
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      throw new LedgerError('unsupported_media_type', 'send the body as it is, without Content-Encoding');
    }
  });
}
