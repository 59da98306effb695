import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { Scope } from '../../keys/api-key.js';
import { presentedKey, requireScope, type Authenticator } from '../../keys/authenticator.js';
import { asLedgerError } from '../as-ledger-error.js';
import { requestIds } from '../request-ids.js';
import { ANYBODY, type Asked } from './asked.js';
import { statusOf } from './status.js';

/** Knows who makes a call by the metadata the call came with. */
export class Authentications {
  private readonly asked = new WeakMap<Metadata, Asked>();
  private readonly requestId = requestIds();

  constructor(
    private readonly authenticator: Authenticator,
    /**
     * By path of the call; null where it needs no key, but one that comes all the same is checked. A path that is not here
     * (health, reflection) is open to everybody.
     */
    private readonly scopes: ReadonlyMap<string, Scope | null>,
  ) {}

  /** Authenticates before a message is read, so that nobody without a key makes the service read megabytes. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    const scope = this.scopes.get(method.path);
    if (scope === undefined) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: next =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            const requestId = this.requestId(metadata.get('request-id')[0]);
            this.authenticate(metadata, scope, requestId).then(
              () => pass(metadata),
              (error: unknown) => call.sendStatus(statusOf(asLedgerError(error), requestId)),
            );
          },
        }),
    });
  };

  /** Of a call that passed. */
  of(metadata: Metadata): Asked {
    return this.asked.get(metadata)!;
  }

  private async authenticate(metadata: Metadata, scope: Scope | null, requestId: string): Promise<void> {
    const authorization = metadata.get('authorization')[0]?.toString();
    if (scope === null && authorization === undefined) {
      this.asked.set(metadata, { caller: ANYBODY, presented: null, requestId });
      return;
    }
    const presented = presentedKey(authorization);
    const caller = await this.authenticator.admit(presented);
    if (scope !== null) requireScope(caller, scope);
    this.asked.set(metadata, { caller, presented, requestId });
  }
}
