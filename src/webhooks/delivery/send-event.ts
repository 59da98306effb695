import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { addressesWithin, OutOfReach, type Address, type Reach } from './reach.js';
import { signedHeaders } from './signature.js';

/** From the name to the last byte of the answer that is read. */
const ATTEMPT_TIMEOUT_MS = 15_000;
/** Of an answer's head; its body is not read at all. */
const HEADERS_LIMIT_BYTES = 16 * 1024;
const GONE = 410;
/** A receiver may ask for patience, up to a day of it. */
const LONGEST_RETRY_AFTER_SECONDS = 86_400;

/** What is sent, and where to. */
export interface Sending {
  readonly url: string;
  /** Those that are valid now. */
  readonly secrets: readonly Buffer[];
  readonly id: string;
  readonly body: string;
}

/** What came of it. `gone`: the endpoint wants no more of this, ever. */
export type Outcome =
  | { readonly result: 'delivered' }
  | { readonly result: 'gone'; readonly failure: string }
  | { readonly result: 'failed'; readonly failure: string; readonly retryAfterSeconds: number | null };

/**
 * Sends one event once: to an address that was looked at before, without following where the answer points to, within a
 * time. Never throws; a signal that is aborted ends it as failed.
 */
export async function sendEvent(reach: Reach, sending: Sending, stop?: AbortSignal): Promise<Outcome> {
  const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
  const signal = stop === undefined ? timeout : AbortSignal.any([timeout, stop]);
  try {
    const url = new URL(sending.url);
    const addresses = await within(signal, addressesWithin(reach, url.hostname));
    return outcomeOf(await post(url, addresses, sending, signal));
  } catch (error) {
    const failure = timeout.aborted ? `no answer within ${ATTEMPT_TIMEOUT_MS / 1000} s` : failureOf(error);
    return { result: 'failed', failure, retryAfterSeconds: null };
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

function post(url: URL, addresses: readonly Address[], sending: Sending, signal: AbortSignal): Promise<Answer> {
  const { secrets, id, body } = sending;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      {
        method: 'POST',
        // A connection of its own, which ends with the answer: nobody else's, and to no other address.
        agent: false,
        lookup: lookUpOnly(addresses),
        rejectUnauthorized: true,
        maxHeaderSize: HEADERS_LIMIT_BYTES,
        signal,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'credits-ledger',
          ...signedHeaders(secrets, { id, body, sentAt: new Date() }),
        },
      },
      (incoming: IncomingMessage) => {
        resolve({ status: incoming.statusCode ?? 0, retryAfter: incoming.headers['retry-after'] });
        // What it says besides is of no interest, and may be without end.
        incoming.on('error', () => {});
        incoming.destroy();
      },
    );
    outgoing.on('error', reject);
    // Where it ends without an answer and without an error, as after an upgrade that nobody asked for.
    outgoing.on('close', () => reject(new Error('the connection was closed')));
    outgoing.end(body);
  });
}

/** The connection's own look-up, which answers what was looked at and asks nobody. */
function lookUpOnly(addresses: readonly Address[]): LookupFunction {
  return (_name, { all }, answer) => {
    if (all === true) answer(null, [...addresses]);
    else answer(null, addresses[0]!.address, addresses[0]!.family);
  };
}

function outcomeOf({ status, retryAfter }: Answer): Outcome {
  if (status >= 200 && status < 300) return { result: 'delivered' };
  const failure = status >= 300 && status < 400 ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}`;
  if (status === GONE) return { result: 'gone', failure };
  return { result: 'failed', failure, retryAfterSeconds: secondsFrom(retryAfter) };
}

/** Only in seconds: a date would be of the receiver's clock. */
function secondsFrom(retryAfter: string | undefined): number | null {
  if (retryAfter === undefined || !/^[0-9]{1,9}$/.test(retryAfter)) return null;
  return Math.min(Number(retryAfter), LONGEST_RETRY_AFTER_SECONDS);
}

/** What may be shown to whoever configured the endpoint: a code, never an address. */
function failureOf(error: unknown): string {
  if (error instanceof OutOfReach) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? 'the connection failed' : `the connection failed (${code})`;
}

async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
