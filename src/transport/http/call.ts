import type { FastifyContextConfig } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../../keys/authenticator.js';
import type { Scope } from '../../keys/api-key.js';
import type { ErrorCode } from '../../shared/ledger-error.js';

/**
 * All that is to be known about one HTTP call besides its handler: `@RouteConfig({ call })` puts it on the route, where
 * the authentication reads its scope, and where the OpenAPI document is made from.
 */
export interface HttpCall {
  /** `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Null for calls that need no key at all. */
  readonly scope: Scope | null;
  /** Where there is no scope: a key that comes all the same is checked, and whoever has one may see more. */
  readonly keyOptional?: boolean;
  /** Shows live and test data together: not for test keys. */
  readonly liveOnly?: boolean;
  /** About what only test mode has: not for live keys. */
  readonly testOnly?: boolean;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** What goes wrong besides what can go wrong with every call. */
  readonly refusals?: readonly ErrorCode[];
  /** Needs an `Idempotency-Key`. */
  readonly keyed?: boolean;
  readonly status: number;
  readonly answer: z.ZodType;
  /** A media type that the answer comes as too, where it is asked for. */
  readonly alsoAs?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    call?: HttpCall;
    /** For people with a browser, and no call of the API: the key may come as the password of Basic authentication. */
    page?: { readonly scope: Scope; readonly liveOnly: boolean };
  }
  interface FastifyRequest {
    /** Who asks; set before the handler of a call that has a scope. */
    caller: Caller;
  }
}

/** For `@RouteConfig`. */
export function called(call: HttpCall): Pick<FastifyContextConfig, 'call'> {
  return { call };
}
