import type { AccountState, Moment } from '../../ledger/domain/account.js';
import { nextDueAt } from '../../ledger/domain/settle-due.js';
import { accountRow } from '../../ledger/store/account-row.js';
import { holdRow, type HoldRow } from '../../ledger/store/hold-row.js';
import { memberRow, type MemberRow } from '../../ledger/store/member-row.js';
import { subscriptionRow, type SubscriptionRow } from '../../ledger/store/subscription-row.js';
import type { FoldedAccount } from '../fold/fold-range.js';
import type { Until } from '../fold/until.js';
import type { ClockRow, SnapshotRow } from '../rows/projection-copy.js';
import { compareAccount, compareBalances } from './compare-account.js';
import { compareHolds } from './compare-holds.js';
import { compareMembers } from './compare-members.js';
import { compareSubscriptions } from './compare-subscriptions.js';
import { MISSING, momentText, valueText, type Deviation } from './difference.js';

/**
 * Everything about an account that is not what its entries say. Where the entries themselves are damaged there is nothing
 * to compare with: then only that is said.
 * @param until the fold ended there on purpose: what stands at a later seq than its last is not compared
 */
export function compareFolded(folded: FoldedAccount, until: Until | null): Deviation[] {
  const { fold, account } = folded;
  const broken = fold.violations.map(found => ({ place: 'entries' as const, field: 'stream', expected: RULES, found }));
  if (fold.broken) return broken;
  const wrong = [...broken, ...compareSnapshots(folded)];
  if (until !== null && (account === null || account.row.seq > fold.state.seq)) return wrong;
  const beyond = until === null ? compareSnapshotsBeyond(folded) : [];
  return [...wrong, ...compareName(folded), ...compareRows(folded), ...beyond];
}

const RULES = 'the rules hold';

function compareName({ name, account }: FoldedAccount): Deviation[] {
  if (account === null) return [];
  const expected = `${account.mode} ${account.id}`;
  const found = name === null ? MISSING : `${name.mode} ${name.id}`;
  return expected === found ? [] : [{ place: 'account_names', field: 'mode and id', expected, found }];
}

function compareRows({ fold: { state }, account, ...rows }: FoldedAccount): Deviation[] {
  const { holds, subscriptions, members, clock } = rows;
  const held = [
    ...compareClock(state.testClock, clock),
    ...compareHolds(expectedHolds(state), holds),
    ...compareSubscriptions(expectedSubscriptions(state), subscriptions),
    ...compareMembers(expectedMembers(state), members),
  ];
  if (account === null && state.seq === 0) return held;
  const expected = accountRow(state);
  if (account === null) {
    return [{ place: 'accounts', field: 'row', expected: valueText(expected), found: MISSING }, ...held];
  }
  return [...compareAccount(expected, account.row), ...compareDueBounds(state, account.dueBound, clock), ...held];
}

export function expectedHolds(state: AccountState): Map<number, HoldRow> {
  return new Map([...state.holds].map(([no, hold]) => [no, holdRow(hold)]));
}

export function expectedSubscriptions(state: AccountState): Map<string, SubscriptionRow> {
  return new Map([...state.subscriptions].map(([id, subscription]) => [id, subscriptionRow(subscription)]));
}

export function expectedMembers(state: AccountState): Map<string, MemberRow> {
  return new Map([...state.members].map(([id, member]) => [id, memberRow(member)]));
}

function compareClock(expected: string | null, found: ClockRow | null): Deviation[] {
  if (expected === (found?.clock ?? null)) return [];
  return [{ place: 'account_clocks', field: 'clock', expected: expected ?? MISSING, found: found?.clock ?? MISSING }];
}

/** A lower bound, not a fold: it may be early, then somebody looks in vain, but never late. Only one of the two rows has it. */
function compareDueBounds(state: AccountState, bound: Moment | null, clock: ClockRow | null): Deviation[] {
  const due = nextDueAt(state);
  if (state.testClock === null) return compareDueBound('accounts', due, bound);
  const byRealTime = {
    place: 'accounts',
    field: 'due_bound',
    expected: momentText(null),
    found: momentText(bound),
  } as const;
  return [
    ...(bound === null ? [] : [byRealTime]),
    ...(clock === null ? [] : compareDueBound('account_clocks', due, clock.dueBound)),
  ];
}

function compareDueBound(place: 'accounts' | 'account_clocks', due: Moment | null, bound: Moment | null): Deviation[] {
  if (due === null || (bound !== null && bound <= due)) return [];
  return [{ place, field: 'due_bound', expected: `${momentText(due)} or before`, found: momentText(bound) }];
}

function compareSnapshots({ snapshots }: FoldedAccount): Deviation[] {
  return snapshots.wrong.flatMap(({ expected, found }) => compareSnapshot(expected, found));
}

function compareSnapshotsBeyond({ snapshots }: FoldedAccount): Deviation[] {
  return snapshots.beyond.map(found => {
    return {
      place: 'balance_snapshots',
      field: `seq ${found.seq}`,
      expected: 'no such entry',
      found: valueText(found),
    };
  });
}

function compareSnapshot(expected: SnapshotRow, found: SnapshotRow): Deviation[] {
  const place = 'balance_snapshots';
  const of = `seq ${expected.seq} `;
  const deviations = compareBalances(place, expected, found, of);
  const other = (field: string, a: string, b: string): void => {
    if (a !== b) deviations.push({ place, field: `${of}${field}`, expected: a, found: b });
  };
  other('effective_at', momentText(expected.effectiveAt), momentText(found.effectiveAt));
  other('units', valueText(expected.units), valueText(found.units));
  return deviations;
}
