import type { Budget } from '../../src/ledger/domain/member.js';

/** A budget counts what was committed after the entry that first gave it. */
export interface NaiveBudget extends Budget {
  readonly since: number;
}

export interface NaiveMember {
  readonly id: string;
  readonly parent: string | null;
  /** The entry by which it came to stand where it stands. */
  readonly placedAt: number;
  readonly budgets: readonly NaiveBudget[];
}
