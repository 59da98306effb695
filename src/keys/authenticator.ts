import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LedgerError } from '../shared/ledger-error.js';
import { readApiKey, type ApiKey, type Mode, type Scope } from './api-key.js';
import { KeyLoader } from './key-loader.js';
import { RateLimits } from './rate-limits.js';

/** Who asks, once that is certain. */
export interface Caller {
  readonly keyId: string;
  readonly mode: Mode;
  readonly scopes: readonly Scope[];
}

const BEARER = /^Bearer +(\S+)$/i;

/** Tells who asks from the `Authorization` header, and counts the request where the key has a limit. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly keys: KeyLoader,
    private readonly rateLimits: RateLimits,
  ) {}

  /**
   * @throws LedgerError unauthenticated: no key, an unknown or revoked one, a wrong secret; the caller is not told which
   * @throws LedgerError rate_limited
   * @throws LedgerError busy where the database cannot be asked: fails closed
   */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    return this.admit(presentedKey(authorization));
  }

  /** As `authenticate`, of a key that was read already: for every further message of a stream. */
  async admit(presented: ApiKey): Promise<Caller> {
    const key = await this.keys.load(presented.id).catch(notNow);
    if (key === undefined || !timingSafeEqual(key.secretHash, presented.secretHash)) throw unauthenticated();
    if (key.rateLimitPerSecond !== null) {
      const admitted = await this.rateLimits.admit(key.id, key.rateLimitPerSecond).catch(notNow);
      if (!admitted) throw rateLimited(key.rateLimitPerSecond);
    }
    return { keyId: key.id, mode: key.mode, scopes: key.scopes };
  }
}

/** @throws LedgerError unauthenticated where the header cannot hold a key at all */
export function presentedKey(authorization: string | undefined): ApiKey {
  const presented = readApiKey(BEARER.exec(authorization ?? '')?.[1] ?? '');
  if (presented === null) throw unauthenticated();
  return presented;
}

/** @throws LedgerError scope_missing */
export function requireScope(caller: Caller, scope: Scope): void {
  if (!caller.scopes.includes(scope))
    throw new LedgerError('scope_missing', `this key does not have the scope ${scope}`);
}

/** For what shows live and test data together. @throws LedgerError scope_missing */
export function requireLive(caller: Caller): void {
  if (caller.mode !== 'live') throw new LedgerError('scope_missing', 'this is about live data too: use a live key');
}

/** For what only test mode has. @throws LedgerError scope_missing */
export function requireTest(caller: Caller): void {
  if (caller.mode !== 'test') throw new LedgerError('scope_missing', 'this is of test mode only: use a key crd_test_…');
}

function unauthenticated(): LedgerError {
  return new LedgerError('unauthenticated', 'send Authorization: Bearer with an API key that is in force');
}

function rateLimited(perSecond: number): LedgerError {
  return new LedgerError('rate_limited', `this key may send ${perSecond} requests a second`, {}, true);
}

function notNow(cause: unknown): never {
  throw new LedgerError('busy', 'the API key cannot be checked at the moment', {}, true, { cause });
}
