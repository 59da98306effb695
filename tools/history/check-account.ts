import { addSums, differingSums, formatAmount, noSums, parseSums, type Sums } from './amounts.js';
import { parseMutation, type WireBalances } from './answer.js';
import { checkEntries, type Acknowledged } from './check-entries.js';
import { checkOrder, type Observation } from './check-order.js';
import { checkRefusals } from './check-refusals.js';
import type { Difference } from './difference.js';
import type { Read, Told } from './history.js';
import { isMadeByTime, type LedgerAccount } from './ledger-account.js';
import { Timeline } from './timeline.js';

/** What the clients of one account were told. */
export interface AccountHistory {
  readonly told: readonly Told[];
  readonly reads: readonly Read[];
}

/**
 * Compares what clients were told of an account with what the ledger says now. Pure. Every outcome must be settled
 * first, and the clients' operations must be all there ever were on this account.
 */
export function checkAccount(history: AccountHistory, ledger: LedgerAccount): Difference[] {
  const { account } = ledger;
  const acknowledged = history.told.flatMap(told =>
    told.acknowledged === null ? [] : [{ told, answer: parseMutation(told.acknowledged.body) }],
  );
  const timeline = new Timeline(account, ledger.entries);
  const observations = [...acknowledged.map(observeAnswer), ...history.reads.map(observeRead)];
  const spoken = [
    ...acknowledged.map(({ told, answer }) => ({ ...answer, what: told.operation.key })),
    ...history.reads.map(read => ({ ...read, what: 'a read' })),
  ];
  return [
    ...timeline.differences,
    ...checkEntries(acknowledged, ledger),
    ...checkFacts(account, acknowledged),
    ...spoken.flatMap(({ what, seq, balances }) => checkBalances(account, what, balances, seq, timeline)),
    ...checkFinal(ledger, timeline),
    ...checkArithmetic(acknowledged, ledger),
    ...checkOrder(account, observations),
    ...checkRefusals(account, history.told, observations, timeline, ledger.entries.length),
  ];
}

/** An order is granted once, whatever keys it is sent with. */
function checkFacts(account: string, acknowledged: readonly Acknowledged[]): Difference[] {
  const keys = new Map<string, string>();
  return acknowledged.flatMap(({ told: { operation } }) => {
    const { fact, key } = operation;
    const other = fact === undefined ? undefined : keys.get(fact);
    if (fact !== undefined) keys.set(fact, key);
    return other === undefined
      ? []
      : [{ account, rule: 'fact_twice' as const, message: `${fact} took effect for ${other} and for ${key}` }];
  });
}

function observeAnswer({ told, answer }: Acknowledged): Observation {
  return {
    what: `${told.operation.kind} ${told.operation.key}`,
    sentAt: told.firstSentAt,
    answeredAt: told.acknowledged!.at,
    seq: answer.seq,
    wrote: answer.entries.length > 0,
  };
}

function observeRead({ sentAt, answeredAt, seq }: Read): Observation {
  return { what: 'a read', sentAt, answeredAt, seq, wrote: false };
}

/** Balances that were told are the fold of the entries up to the seq that was told with them. */
function checkBalances(
  account: string,
  what: string,
  balances: WireBalances,
  seq: number,
  timeline: Timeline,
): Difference[] {
  const units = new Set([...Object.keys(balances), 'credits']);
  return [...units].flatMap(unit => {
    const difference = differingSums(parseSums(balances[unit]), timeline.at(seq, unit));
    const message = `${what} was told at seq ${seq} of ${unit}: ${difference}`;
    return difference === '' ? [] : [{ account, rule: 'balances_differ' as const, message }];
  });
}

function checkFinal(ledger: LedgerAccount, timeline: Timeline): Difference[] {
  const { account, seq, balances, entries } = ledger;
  const differences: Difference[] = [];
  if (seq !== entries.length) {
    differences.push({ account, rule: 'seq_gap', message: `stands at seq ${seq} with ${entries.length} entries` });
  }
  for (const unit of new Set([...balances.keys(), ...timeline.units()])) {
    const difference = differingSums(balances.get(unit) ?? noSums(), timeline.at(seq, unit));
    if (difference === '') continue;
    differences.push({ account, rule: 'balances_differ', message: `final balance of ${unit}: ${difference}` });
  }
  return differences;
}

/** What the client computes from its own accepted requests, and what time did, is what the ledger has. */
function checkArithmetic(acknowledged: readonly Acknowledged[], ledger: LedgerAccount): Difference[] {
  const expected = noSums();
  for (const { told } of acknowledged) addSums(expected, told.operation.effect);
  for (const entry of ledger.entries) {
    if (isMadeByTime(entry) && entry.unit === 'credits') addSums(expected, entry.deltas);
  }
  const difference = differingSums(ledger.balances.get('credits') ?? noSums(), expected);
  if (difference === '') return [];
  return [{ account: ledger.account, rule: 'arithmetic_differs', message: difference }];
}

/** For the end of a run in which every hold was ended. */
export function checkNothingHeld(ledger: LedgerAccount): Difference[] {
  return [...ledger.balances].flatMap(([unit, sums]: [string, Sums]) =>
    sums.held === 0n
      ? []
      : [{ account: ledger.account, rule: 'still_held' as const, message: `${formatAmount(sums.held)} ${unit}` }],
  );
}
