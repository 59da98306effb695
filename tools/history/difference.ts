/** Rules a history can break; each is a promise of the service. */
type BrokenRule =
  /** A 500: the service met something it does not understand. */
  | 'server_error'
  /** The same key and request did not answer the same bytes. */
  | 'replay_differs'
  /** The same key was refused after it had been acknowledged. */
  | 'replay_refused'
  /** One key took effect more than once. */
  | 'applied_twice'
  /** One fact took effect more than once. */
  | 'fact_twice'
  /** What was acknowledged is not in the ledger as it was told. */
  | 'acknowledged_lost'
  /** An entry nobody was told of, and that time did not make. */
  | 'unannounced_entry'
  /** The seqs of an account are not 1..n. */
  | 'seq_gap'
  /** An entry's deltas, or the sums after it, break the identity or are negative. */
  | 'sums_broken'
  /** The balances of an answer are not the fold of the entries up to its seq. */
  | 'balances_differ'
  /** An answer came from a state older than what had been answered before it was asked. */
  | 'stale_answer'
  /** A refusal gave a reason that was not true at any moment it could have been decided. */
  | 'untrue_refusal'
  /** The final balances are not what the client computed from its own requests. */
  | 'arithmetic_differs'
  /** Credits are still held although every hold was ended. */
  | 'still_held';

export interface Difference {
  readonly account: string;
  readonly rule: BrokenRule;
  readonly message: string;
}

/** The first `most` differences as lines, and how many more there are. */
export function describeDifferences(differences: readonly Difference[], most = 10): string {
  const lines = differences.slice(0, most).map(({ account, rule, message }) => `  ${rule} · ${account} · ${message}`);
  if (differences.length > most) lines.push(`  … and ${differences.length - most} more`);
  return lines.join('\n');
}
