import { Stripe } from 'stripe';
import { expand, type Lookup } from './expand.js';
import { invalid, rateLimited, StripeFault, type FaultBody } from './fault.js';
import { readForm, type Form } from './form.js';
import { IdempotencyKeys, type Answer } from './idempotency.js';
import { Params } from './params.js';
import { RateLimit } from './rate-limit.js';
import type { Router } from './route.js';
import type { World } from '../world/world.js';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Form-encoded parameters: the query, or the body. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Stripe's API: authentication, idempotency keys, parameters, routes, errors. */
export class StripeApi {
  /** Requests a second beyond which they are refused; none unless set. */
  rateLimit = new RateLimit(undefined);
  private readonly keys = new IdempotencyKeys();

  constructor(
    private readonly world: World,
    private readonly router: Router,
    private readonly lookup: Lookup,
  ) {}

  /** Everything between a request and its answer happens at once: no other request comes between. */
  answer(request: ApiRequest): Answer {
    const requestId = this.world.ids.next('req', 14);
    const key = one(request.headers['idempotency-key']);
    const headers = {
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': Stripe.API_VERSION,
      ...(key !== undefined && { 'idempotency-key': key }),
    };
    try {
      return this.dispatch(request, requestId, key, headers);
    } catch (error) {
      const fault = error instanceof StripeFault ? error : crashed(error);
      return {
        status: fault.status,
        body: faultText(fault.body, requestId),
        headers: { ...headers, ...fault.headers },
      };
    }
  }

  private dispatch(
    request: ApiRequest,
    requestId: string,
    key: string | undefined,
    headers: Answer['headers'],
  ): Answer {
    if (this.rateLimit.isExceeded(Date.now())) throw rateLimited(1);
    this.authenticate(one(request.headers['authorization']));
    checkVersion(one(request.headers['stripe-version']));
    if (request.headers['stripe-account'] !== undefined) {
      throw invalid('This simulator is one account: it has no others that Stripe-Account could name.');
    }
    const match = this.router.find(request.method, request.path);
    if (match === undefined) throw unknownUrl(request);
    const signature = `${request.method} ${request.path}\n${request.text}`;
    const isKeyed = request.method === 'POST' && key !== undefined;
    const recalled = isKeyed ? this.keys.recall(key, signature, this.world.now()) : undefined;
    if (recalled !== undefined) return recalled;
    const form = readForm(request.text);
    if (form === undefined) throw invalid('Invalid request: the parameters cannot be read.');
    const answer = this.handle(
      () => match.route.handle({ params: paramsOf(form), ids: match.ids }),
      form,
      requestId,
      key,
    );
    const whole = { ...answer, headers };
    if (isKeyed && answer.isKept) this.keys.keep(key, signature, this.world.now(), whole);
    return whole;
  }

  private handle(
    work: () => object,
    form: Form,
    requestId: string,
    key: string | undefined,
  ): { status: number; body: string; isKept: boolean } {
    this.world.settle();
    this.world.request = { id: requestId, idempotency_key: key ?? null };
    try {
      const answer = expand(work(), pathsOf(form), this.lookup);
      return { status: 200, body: JSON.stringify(answer, null, 2), isKept: true };
    } catch (error) {
      if (!(error instanceof StripeFault) || !error.isKept) throw error;
      return { status: error.status, body: faultText(error.body, requestId), isKept: true };
    } finally {
      this.world.request = { id: null, idempotency_key: null };
    }
  }

  private authenticate(header: string | undefined): void {
    const key = keyOf(header);
    if (key === undefined) {
      throw unauthorized(
        'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.',
      );
    }
    if (!new RegExp(`^(sk|rk)_${this.world.mode}_\\w+$`).test(key)) {
      throw unauthorized(
        `Invalid API Key provided: ${key.slice(0, 8)}****. This simulator takes any sk_${this.world.mode}_… key.`,
      );
    }
  }
}

/** `expand` may be asked of every route, so no route reads it. */
function paramsOf(form: Form): Params {
  const { expand: _, ...rest } = form;
  return new Params(rest);
}

function pathsOf(form: Form): string[] {
  const { expand: paths } = form;
  if (paths === undefined || paths === '') return [];
  return typeof paths === 'string' ? [paths] : Object.values(paths).filter(path => typeof path === 'string');
}

/** As a password of Basic authentication, or as a bearer. */
function keyOf(header: string | undefined): string | undefined {
  const [scheme, credentials = ''] = header?.split(' ') ?? [];
  if (scheme === 'Bearer') return credentials;
  if (scheme === 'Basic') return Buffer.from(credentials, 'base64').toString().split(':')[0];
  return undefined;
}

/** The simulator has one shape of every object; another version would expect another. */
function checkVersion(version: string | undefined): void {
  if (version === undefined || version === Stripe.API_VERSION) return;
  throw invalid(`Invalid Stripe API version: ${version}. This simulator knows ${Stripe.API_VERSION}.`);
}

function unauthorized(message: string): StripeFault {
  return new StripeFault(401, { type: 'invalid_request_error', message });
}

function unknownUrl({ method, path }: ApiRequest): StripeFault {
  return new StripeFault(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}). The simulator does not have it.`,
  });
}

/** What a mistake of the simulator looks like: it says what it was, because it is read by whoever tests. */
function crashed(error: unknown): StripeFault {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StripeFault(500, { type: 'api_error', message: `The simulator failed: ${message}` });
}

function faultText(body: FaultBody, requestId: string): string {
  return JSON.stringify(
    { error: { ...body, request_log_url: `https://dashboard.stripe.com/logs/${requestId}` } },
    null,
    2,
  );
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
