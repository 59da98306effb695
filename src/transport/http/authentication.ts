import type { FastifyInstance } from 'fastify';
import { requireLive, requireScope, requireTest, type Authenticator } from '../../keys/authenticator.js';
import { LedgerError } from '../../shared/ledger-error.js';

/**
 * Authenticates before a body is read, so that nobody without a key makes the service read megabytes. A Nest guard would
 * run after it. Fails closed: under /v1 and /ops a route that does not say who may call it does not start.
 */
export function authenticateRequests(instance: FastifyInstance, authenticator: Authenticator): void {
  instance.decorateRequest('caller');
  instance.addHook('onRoute', ({ url, config }) => {
    if (/^\/(v1|ops)/.test(url) && config?.call === undefined && config?.page === undefined)
      throw new Error(`the route ${url} does not say who may call it`);
  });
  instance.addHook('onRequest', async request => {
    const { call, page } = request.routeOptions.config;
    const scope = call?.scope ?? page?.scope ?? null;
    const { authorization } = request.headers;
    if (scope === null) {
      if (call?.keyOptional && authorization !== undefined)
        request.caller = await authenticator.authenticate(authorization);
      return;
    }
    request.caller = await authenticator.authenticate(page === undefined ? authorization : bearerFrom(authorization));
    requireScope(request.caller, scope);
    if ((call ?? page)?.liveOnly) requireLive(request.caller);
    if (call?.testOnly) requireTest(request.caller);
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      throw new LedgerError('unsupported_media_type', 'send the body as it is, without Content-Encoding');
    }
  });
}

/** A browser's user gives the key as a password, with any name. */
function bearerFrom(authorization: string | undefined): string | undefined {
  const [, basic] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '') ?? [];
  if (basic === undefined) return authorization;
  const text = Buffer.from(basic, 'base64').toString('utf8');
  return `Bearer ${text.slice(text.indexOf(':') + 1)}`;
}
