/** An entry as the API writes it; fields the checks do not read are compared all the same. */
export interface WireEntry {
  readonly seq: number;
  readonly type: string;
  readonly unit?: string | null;
  readonly amount?: string;
  readonly deltas?: Readonly<Record<string, string>>;
  readonly reason?: string;
  readonly subscription?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export type WireBalances = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What every accepted command answers. */
export interface Mutation {
  readonly account: string;
  readonly seq: number;
  readonly entries: readonly WireEntry[];
  readonly balances: WireBalances;
  readonly reservation?: { readonly id: string };
}

interface Shortfall {
  readonly unit: string;
  readonly required: string;
  readonly available: string;
}

/** A refusal: RFC 9457 with the contract's own fields. */
export interface Problem {
  readonly code: string;
  readonly retryable?: boolean;
  readonly shortfall?: readonly Shortfall[];
}

export function parseMutation(body: Buffer): Mutation {
  const answer = JSON.parse(body.toString('utf8')) as Mutation;
  const complete =
    typeof answer.account === 'string' &&
    Number.isSafeInteger(answer.seq) &&
    Array.isArray(answer.entries) &&
    typeof answer.balances === 'object';
  if (!complete) throw new TypeError(`not the answer of a command: ${body.toString('utf8', 0, 300)}`);
  return answer;
}

/** Never throws: what cannot be read as a problem is one with the code `unreadable_problem`. */
export function parseProblem(body: Buffer): Problem {
  try {
    const problem = JSON.parse(body.toString('utf8')) as Problem;
    return typeof problem.code === 'string' ? problem : { code: 'unreadable_problem' };
  } catch {
    return { code: 'unreadable_problem' };
  }
}
