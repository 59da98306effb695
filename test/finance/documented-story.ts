import { lotNumber } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { charge, grant, refundEntry, revoke } from '../model/given-account.js';
import { REAL_DOMAIN, RecordingAccount } from '../model/recording-account.js';

/** The story that docs/finance.md tells. */
export function documentedStory(): readonly Entry[] {
  const account = new RecordingAccount(REAL_DOMAIN);
  const on = (month: number, day: number, command: Command): Entry => {
    const { decision } = account.execute(command, Date.UTC(2024, month - 1, day));
    if (!decision.ok) throw new Error(decision.refusal.message);
    return decision.entries[0]!;
  };
  const cost = (amount: string) => ({ category: 'paid', cost: { amount, currency: 'GBP' } }) as const;
  on(1, 10, grant(1_000n, { ...cost('30.00'), expiresAt: Date.UTC(2024, 3, 1) }));
  on(1, 20, charge(250n));
  const spend = on(2, 5, charge(400n));
  const pack = on(2, 15, grant(500n, cost('20.00')));
  on(2, 20, refundEntry(spend.seq, null, 100n));
  on(3, 12, revoke(lotNumber(pack.seq, 0), 500n));
  account.execute({ type: 'freeze', reason: null }, Date.UTC(2024, 3, 2));
  return account.history.entries;
}
