import { isDeepStrictEqual } from 'node:util';
import { parseSums } from './amounts.js';
import type { Mutation, WireEntry } from './answer.js';
import type { Difference } from './difference.js';
import type { Told } from './history.js';
import { isMadeByTime, type LedgerAccount, type LedgerEntry } from './ledger-account.js';

/** An operation that was acknowledged, with its answer. */
export interface Acknowledged {
  readonly told: Told;
  readonly answer: Mutation;
}

/** Every entry that was told is in the ledger as it was told, exactly once, and nothing else is but what time did. */
export function checkEntries(acknowledged: readonly Acknowledged[], ledger: LedgerAccount): Difference[] {
  const differences: Difference[] = [];
  const differ = (rule: Difference['rule'], message: string): void => {
    differences.push({ account: ledger.account, rule, message });
  };
  const announced = new Map<number, string>();
  for (const { told, answer } of acknowledged) {
    const { key, kind } = told.operation;
    for (const entry of answer.entries) {
      const other = announced.get(entry.seq);
      if (other !== undefined) differ('applied_twice', `entry ${entry.seq} was told to ${other} and to ${key}`);
      announced.set(entry.seq, key);
      const problem = compareEntry(entry, ledger.entries[entry.seq - 1]);
      if (problem !== null) differ('acknowledged_lost', `${kind} ${key}: entry ${entry.seq} ${problem}`);
    }
    if (answer.entries.length > 0 && answer.entries.at(-1)!.seq !== answer.seq) {
      differ('balances_differ', `${kind} ${key}: says seq ${answer.seq}, its last entry ${answer.entries.at(-1)!.seq}`);
    }
  }
  for (const entry of ledger.entries) {
    if (announced.has(entry.seq) || isMadeByTime(entry)) continue;
    differ('unannounced_entry', describeUnannounced(entry));
  }
  return differences;
}

/** What is wrong with the ledger's entry, or null; compared field by field, whatever the order of the fields. */
function compareEntry(told: WireEntry, found: LedgerEntry | undefined): string | null {
  if (found === undefined) return 'is not in the ledger';
  for (const [field, value] of Object.entries(found.fields)) {
    const same =
      field === 'deltas'
        ? isDeepStrictEqual(found.deltas, parseSums(told.deltas))
        : isDeepStrictEqual(value ?? null, told[field] ?? null);
    if (!same) return `has ${field} ${JSON.stringify(value)}, told was ${JSON.stringify(told[field])}`;
  }
  return null;
}

function describeUnannounced(entry: LedgerEntry): string {
  const claim = entry.claimedBy === null ? 'claims no operation' : `claims to be of ${entry.claimedBy}`;
  return `entry ${entry.seq} (${entry.type}) ${claim}, and nobody was told of it: ${JSON.stringify(entry.fields)}`;
}
