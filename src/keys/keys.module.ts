import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeys } from './api-keys.js';
import { Authenticator } from './authenticator.js';
import { FirstKey } from './first-key.js';
import { KeyLoader } from './key-loader.js';
import { RateLimits } from './rate-limits.js';
import { StoredKeys } from './stored-keys.js';

@Module({})
export class KeysModule {
  /** @param apiKey the operator's own first key, or undefined for one that is made and printed */
  static of(apiKey: string | undefined): DynamicModule {
    return {
      module: KeysModule,
      global: true,
      providers: [
        StoredKeys,
        KeyLoader,
        RateLimits,
        Authenticator,
        ApiKeys,
        {
          provide: FirstKey,
          inject: [StoredKeys],
          useFactory: (keys: StoredKeys) => new FirstKey(keys, apiKey, printOnce),
        },
      ],
      exports: [Authenticator, ApiKeys],
    };
  }
}

function printOnce(text: string): void {
  console.log(`The first API key, with all scopes. It is shown this once:\n\n  ${text}\n`);
}
