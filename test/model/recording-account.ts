import { isDeepStrictEqual } from 'node:util';
import { forgetHistory, newAccount, type AccountState } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import { decide } from '../../src/ledger/domain/decide.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { evolve } from '../../src/ledger/domain/evolve.js';
import { StreamAudit } from '../../src/ledger/domain/invariants.js';
import type { Decision } from '../../src/ledger/domain/refusal.js';
import { settleDue } from '../../src/ledger/domain/settle-due.js';
import { openWindows } from '../../src/ledger/domain/windows.js';
import { History } from './history.js';

/** The domain's entry points, so that a test can put broken ones in their place. */
export interface Domain {
  readonly decide: typeof decide;
  readonly evolve: typeof evolve;
  readonly settleDue: typeof settleDue;
  readonly openWindows: typeof openWindows;
}

export const REAL_DOMAIN: Domain = { decide, evolve, settleDue, openWindows };

/**
 * An account as a store keeps it: the live state, and all its entries, from which alone history is recalled. Every
 * rule of docs/rules.md is audited entry by entry on a second state, folded from nothing beside the live one.
 */
export class RecordingAccount {
  readonly state = newAccount();
  readonly history = new History();
  readonly violations: string[] = [];
  private readonly audit = new StreamAudit();
  private readonly folded = newAccount();

  constructor(private readonly domain: Domain) {}

  /** Settles, recalls, decides and evolves, as the write path does. */
  execute(command: Command, now: number): { decision: Decision; entries: readonly Entry[] } {
    const first = this.history.entries.length;
    for (const entry of this.domain.settleDue(this.state, now, now)) this.keep(entry);
    for (const entry of this.domain.openWindows(this.state, now, now)) this.keep(entry);
    this.history.recall(this.state, command);
    const decision = this.domain.decide(this.state, command, now, now);
    if (decision.ok) {
      for (const entry of decision.entries) {
        this.domain.evolve(this.state, entry);
        this.keep(entry);
      }
    }
    return { decision, entries: this.history.entries.slice(first) };
  }

  /** After a batch nothing is recalled any more. */
  endBatch(): void {
    forgetHistory(this.state.recalled);
  }

  /** Rule 6: the fold of the entries is the live state. */
  foldDiffers(): boolean {
    return !isDeepStrictEqual(projections(this.folded), projections(this.state));
  }

  private keep(entry: Entry): void {
    this.history.entries.push(entry);
    this.violations.push(...this.audit.entry(this.folded, entry));
    this.domain.evolve(this.folded, entry);
    this.violations.push(...this.audit.state(this.folded));
  }
}

function projections({
  recalled: _recalled,
  dueBound: _dueBound,
  windowBound: _windowBound,
  ...state
}: AccountState): object {
  return state;
}
