/** The types of errors in Stripe's answers. */
type FaultType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export interface FaultBody {
  readonly type: FaultType;
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
  /** Of a card error: the payment intent as it is after the decline. */
  readonly payment_intent?: object;
  readonly payment_method?: object;
}

/** A refusal, as Stripe words it: a status and the `error` of the body. */
export class StripeFault extends Error {
  override readonly name = 'StripeFault';

  constructor(
    readonly status: number,
    readonly body: FaultBody,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(body.message);
  }

  /** Stripe keeps under an idempotency key what began to work, not what it refused before. */
  get isKept(): boolean {
    return this.status === 402 || this.status >= 500;
  }
}

export function invalid(message: string, param?: string, code?: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    message,
    ...(param !== undefined && { param }),
    ...(code !== undefined && { code }),
  });
}

export function missingParameter(param: string): StripeFault {
  return invalid(`Missing required param: ${param}.`, param, 'parameter_missing');
}

export function unknownParameter(param: string): StripeFault {
  return invalid(`Received unknown parameter: ${param}`, param, 'parameter_unknown');
}

/** 404 for what the path names, 400 for what a parameter names. */
export function noSuch(what: string, id: string, param?: string): StripeFault {
  return new StripeFault(param === undefined ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param: param ?? 'id',
  });
}

export function rateLimited(retryAfterSeconds: number): StripeFault {
  return new StripeFault(
    429,
    { type: 'invalid_request_error', code: 'rate_limit', message: 'Request rate limit exceeded.' },
    { 'retry-after': String(retryAfterSeconds), 'stripe-rate-limited-reason': 'global-rate' },
  );
}
