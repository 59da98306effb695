import { Api } from './api.generated.js';
import { Caller, type Connection } from './caller.js';

export interface CreditsLedgerOptions extends Partial<Connection> {
  /** Where the service is, without `/v1`: `http://localhost:3000`. */
  readonly url: string;
  /** `crd_live_…` or `crd_test_…`. Never give it to a browser. */
  readonly apiKey: string;
}

const TIMEOUT_MS = 12_000;
const DEADLINE_MS = 30_000;
const MAX_ATTEMPTS = 8;

const API_KEY = /^[\x21-\x7e]+$/;

/** A client of one ledger. Holds no connection of its own: make one per process, and leave it. */
export class CreditsLedger extends Api {
  constructor(options: CreditsLedgerOptions) {
    super(new Caller(connectionOf(options)));
  }
}

/** @throws TypeError that names the option and the fix */
function connectionOf({ url, apiKey, ...rest }: CreditsLedgerOptions): Connection {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(`url must be the ledger's http or https address; it is ${JSON.stringify(url)}`);
  }
  const base = url.replace(/\/+$/, '');
  if (/\/v1$|[?#]/.test(base)) throw new TypeError(`url must end before /v1, without a query; it is ${url}`);
  if (!API_KEY.test(apiKey)) throw new TypeError('apiKey must be a key of the ledger: crd_live_… or crd_test_…');
  return {
    url: base,
    apiKey,
    timeoutMs: rest.timeoutMs ?? TIMEOUT_MS,
    deadlineMs: rest.deadlineMs ?? DEADLINE_MS,
    maxAttempts: rest.maxAttempts ?? MAX_ATTEMPTS,
    fetch: rest.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    onRetry: rest.onRetry,
  };
}
