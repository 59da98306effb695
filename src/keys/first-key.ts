import type { OnModuleInit } from '@nestjs/common';
import { makeApiKey, readApiKey, SCOPES } from './api-key.js';
import { StoredKeys } from './stored-keys.js';

/** Sees to it that a new ledger can be talked to: with the operator's own key, or with one made on first boot. */
export class FirstKey implements OnModuleInit {
  /**
   * @param configured `API_KEY`, checked by the configuration's schema
   * @param tell told the text of a key that was made; this once, so it goes to the terminal and not to the log
   */
  constructor(
    private readonly keys: StoredKeys,
    private readonly configured: string | undefined,
    private readonly tell: (text: string) => void,
  ) {}

  async onModuleInit(): Promise<void> {
    const all = { mode: 'live', scopes: SCOPES, rateLimitPerSecond: null } as const;
    if (this.configured !== undefined) {
      // Known from an earlier boot: stays as it is, revoked included.
      await this.keys.insert({ ...all, ...readApiKey(this.configured)!, name: 'API_KEY' });
      return;
    }
    const key = makeApiKey('live');
    if (await this.keys.insertFirst({ ...all, ...key, name: 'first key' })) this.tell(key.text);
  }
}
