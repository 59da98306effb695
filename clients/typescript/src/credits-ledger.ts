import { Api } from './api.generated.js';
import type { CallOptions } from './call.js';
import { Caller, type Connection } from './caller.js';
import type { ChargeRequest } from './schemas.generated.js';
import { record, type UnrecordedSpend } from './settlement.js';
import {
  withReservation,
  type Hold,
  type Metered,
  type OnUnrecorded,
  type WithReservationOptions,
} from './with-reservation.js';

export interface CreditsLedgerOptions extends Partial<Connection> {
  /** Where the service is, without `/v1`: `http://localhost:3000`. */
  readonly url: string;
  /** `crd_live_…` or `crd_test_…`. Never give it to a browser. */
  readonly apiKey: string;
  /**
   * Called when `withReservation` ends with something that was used and is not in the ledger. Keep it and give it to
   * `record` later. The default writes it to `console.error`, so that it is never lost without a word.
   */
  readonly onUnrecorded?: OnUnrecorded;
}

const TIMEOUT_MS = 12_000;
const DEADLINE_MS = 30_000;
/** With their pauses about ten seconds: a service that is started again meanwhile is not noticed. */
const MAX_ATTEMPTS = 10;

const API_KEY = /^[\x21-\x7e]+$/;

/** A client of one ledger. Holds no connection of its own: make one per process, and leave it. */
export class CreditsLedger extends Api {
  readonly #onUnrecorded: OnUnrecorded;

  constructor(options: CreditsLedgerOptions) {
    super(new Caller(connectionOf(options)));
    this.#onUnrecorded = options.onUnrecorded ?? logUnrecorded;
  }

  /**
   * Reserves, runs the work, and commits what it says it used with `hold.use`; all that was reserved where it says
   * nothing. The hold is prolonged while the work runs. Work that throws pays for what it said it used; where that is
   * nothing, the credits return. Its error is thrown on.
   *
   * Once the work has returned, its value is returned, whatever the ledger says then: what the ledger does not have is
   * `unrecorded`, and goes to `onUnrecorded`.
   *
   * @throws LedgerError where the reserve is refused (`insufficient_credits`), or the ledger is down and
   *   `whenUnavailable` is not `allow`; the work has not run then.
   */
  withReservation<T>(
    account: string,
    options: WithReservationOptions,
    work: (hold: Hold) => Promise<T> | T,
  ): Promise<Metered<T>> {
    const onUnrecorded = options.onUnrecorded ?? this.#onUnrecorded;
    return withReservation(this, account, { ...options, onUnrecorded }, work);
  }

  /**
   * Brings a spend that `withReservation` reported into the ledger. It takes effect once, however often it is called.
   * What its reservation cannot take any more becomes a charge; with `overage: 'allow_debt'` the account may owe it.
   * @throws LedgerError where it could not be recorded this time either
   */
  record(
    spend: UnrecordedSpend,
    terms: Pick<ChargeRequest, 'overage' | 'reason'> = {},
    options: CallOptions = {},
  ): Promise<void> {
    return record(this, spend, terms, options);
  }
}

function logUnrecorded(spend: UnrecordedSpend, error: Error): void {
  console.error(`credits-ledger: used and not recorded (${error.message}):`, JSON.stringify(spend));
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
