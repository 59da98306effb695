import type { Moment } from '../domain/account.js';

/** What is recorded under a key: `body` is null once the answer is no longer kept. */
export interface KnownOutcome {
  readonly seq: number;
  readonly fingerprint: Buffer;
  readonly body: Buffer | null;
}

export interface AppendReply {
  readonly now: Moment;
  /** The clock was too far from the moment decided for: nothing was written, nothing confirmed. */
  readonly late: boolean;
  /** Accounts left untouched: written by somebody else since, or with a key or fact that is recorded already. */
  readonly stale: ReadonlySet<number>;
  /** By the place `ask` answered. */
  readonly knownKeys: ReadonlyMap<number, KnownOutcome>;
  /** The seq recorded with a fact, by the place `claim` answered. */
  readonly knownFacts: ReadonlyMap<number, number>;
}

/** What every version of `append_batch` answers: one row. */
export interface ReplyRow {
  readonly now_ms: string;
  readonly too_late: boolean | null;
  readonly stale: string[] | null;
  readonly known_keys: number[] | null;
  readonly known_key_seqs: string[] | null;
  readonly known_requests: Buffer[] | null;
  readonly known_bodies: (Buffer | null)[] | null;
  readonly known_facts: number[] | null;
  readonly known_fact_seqs: string[] | null;
}

export function replyFromRow(row: ReplyRow): AppendReply {
  return {
    now: Number(row.now_ms),
    late: row.too_late === true,
    stale: new Set(row.stale?.map(Number)),
    knownKeys: new Map(row.known_keys?.map((place, i) => [place, outcomeAt(row, i)])),
    knownFacts: new Map(row.known_facts?.map((place, i) => [place, Number(row.known_fact_seqs![i])])),
  };
}

function outcomeAt(row: ReplyRow, i: number): KnownOutcome {
  return { seq: Number(row.known_key_seqs![i]), fingerprint: row.known_requests![i]!, body: row.known_bodies![i]! };
}
