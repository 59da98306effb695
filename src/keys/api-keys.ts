import { Injectable } from '@nestjs/common';
import { LedgerError } from '../shared/ledger-error.js';
import { makeApiKey, type Mode, type Scope } from './api-key.js';
import type { Caller } from './authenticator.js';
import { StoredKeys, type StoredKey } from './stored-keys.js';

export interface KeyTerms {
  readonly name: string;
  readonly mode: Mode;
  readonly scopes: readonly Scope[];
  readonly rateLimitPerSecond: number | null;
}

const KEY_ID = /^key_[A-Za-z0-9_-]{1,60}$/;

/** Creating, listing and revoking keys. Nobody gets a key that may do more than the one that made it. */
@Injectable()
export class ApiKeys {
  constructor(private readonly stored: StoredKeys) {}

  /**
   * @returns the key and its text, which is told this once and kept nowhere
   * @throws LedgerError scope_missing where the new key would reach further than the caller's
   */
  async create(caller: Caller, terms: KeyTerms): Promise<StoredKey & { readonly secret: string }> {
    if (caller.mode === 'test' && terms.mode === 'live') {
      throw new LedgerError('scope_missing', 'a test key makes test keys only');
    }
    const beyond = terms.scopes.filter(scope => !caller.scopes.includes(scope));
    if (beyond.length > 0) {
      throw new LedgerError('scope_missing', `this key cannot give scopes it does not have: ${beyond.join(', ')}`);
    }
    const key = makeApiKey(terms.mode);
    const stored = await this.stored.insert({ ...terms, ...key });
    if (stored === undefined) throw new LedgerError('busy', 'the new key needs another id: try again', {}, true);
    return { ...stored, secret: key.text };
  }

  list(caller: Caller, afterId: string, limit: number): Promise<StoredKey[]> {
    return this.stored.list(caller.mode, afterId, limit);
  }

  /** From the next request on the key is refused, on every replica. Revoking again changes nothing. */
  async revoke(caller: Caller, id: string): Promise<StoredKey> {
    const revoked = KEY_ID.test(id) ? await this.stored.revoke(id, caller.mode) : undefined;
    if (revoked === undefined) throw new LedgerError('key_not_found', 'there is no such key');
    return revoked;
  }
}
