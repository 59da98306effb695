import type { AccountState, Spend } from './account.js';
import type { Entry } from './entry.js';

/** Keeps the recalled commits and revocations current, so that a later command of the batch sees what is left of them. */
export function evolveSpends(state: AccountState, entry: Entry): void {
  const { recalled } = state;
  if (entry.type === 'commit') {
    if (entry.reservation === null) recalled.charges.set(entry.seq, spendOf(entry));
    else recalled.spends.get(entry.reservation)?.push(spendOf(entry));
  } else if (entry.type === 'revoke') {
    recalled.revocations.set(entry.seq, { ...spendOf(entry), lot: entry.target! });
  } else if (entry.type === 'refund') {
    const spends = entry.reservation === null ? undefined : recalled.spends.get(entry.reservation);
    const spend = spends?.find(({ seq }) => seq === entry.target) ?? recalled.charges.get(entry.target!);
    if (spend !== undefined) undoSpend(spend, entry);
  } else if (entry.type === 'reinstate') {
    const revocation = recalled.revocations.get(entry.target!);
    if (revocation !== undefined) undoSpend(revocation, entry);
  }
}

/** What a commit (or a revoke) took, lot by lot in the order drawn; what no lot bore had become debt. */
export function spendOf(entry: Entry): Spend {
  const parts = entry.lots.filter(({ amount }) => amount > 0n).map(({ lot, amount }) => ({ lot, amount }));
  const borne = parts.reduce((sum, { amount }) => sum + amount, 0n);
  return {
    seq: entry.seq,
    unit: entry.unit!,
    reservation: entry.reservation,
    member: entry.member,
    amount: entry.amount,
    parts,
    debt: entry.amount - borne,
    refunded: 0n,
  };
}

/** Takes a refund (or reinstatement) off what can still be given back: last drawn first, what no lot bore off the debt. */
export function undoSpend(spend: Spend, entry: Entry): void {
  let borne = 0n;
  for (const { lot, amount } of entry.lots) {
    borne += amount;
    let left = amount;
    for (let i = spend.parts.length - 1; i >= 0 && left > 0n; i--) {
      const part = spend.parts[i]!;
      if (part.lot !== lot) continue;
      const undone = part.amount < left ? part.amount : left;
      part.amount -= undone;
      left -= undone;
    }
  }
  spend.debt -= entry.amount - borne;
  spend.refunded += entry.amount;
}
