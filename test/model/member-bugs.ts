import type { AccountState } from '../../src/ledger/domain/account.js';
import type { Command, Subscribe } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import type { Member } from '../../src/ledger/domain/member.js';
import type { Decision } from '../../src/ledger/domain/refusal.js';
import { isLive } from '../../src/ledger/domain/subscription.js';
import { MAX_AMOUNT } from '../../src/shared/amount.js';
import { REAL_DOMAIN, type Domain } from './recording-account.js';

const { decide, evolve } = REAL_DOMAIN;
const SPENDS: readonly Command['type'][] = ['reserve', 'charge', 'commit', 'extend'];

/** Breaks of the rules of members, and of amounts of an account's own, that the comparison with the model must find. */
export const MEMBER_BUGS: Readonly<Record<string, Domain>> = {
  'a budget refuses at its cap (>= for >)': deciding(SPENDS, onBudgets(budget => ({ ...budget, amount: budget.amount - 1n }))), // prettier-ignore
  'what is on hold counts against no budget': {
    ...REAL_DOMAIN,
    decide: (state, command, now, recordedAt) => {
      const right = decide(state, command, now, recordedAt);
      return verdict(right, decide({ ...state, heldByMember: new Map() }, command, now, recordedAt));
    },
  },
  'a window of a budget counts on after its end': deciding(SPENDS, each => ({
    ...each,
    counts: each.counts.map(count => count && { ...count, end: null }),
  })),
  'only the budgets of the spender count': deciding(SPENDS, each => ({ ...each, parent: null })),
  'a soft budget refuses': deciding(
    SPENDS,
    onBudgets(budget => ({ ...budget, soft: false })),
  ),
  'a hard budget warns': deciding(
    SPENDS,
    onBudgets(budget => ({ ...budget, soft: true })),
  ),
  'a hold grows beyond a budget': deciding(['extend'], unbounded),
  'a commit takes more than its hold beyond a budget': deciding(['commit'], unbounded),
  'a refund gives back to a later window': evolving(isRefund, each => ({
    ...each,
    counts: each.counts.map(count => count && { ...count, from: 0 }),
  })),
  'a refund gives back to a team that was joined later': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      if (!isRefund(entry)) return evolve(state, entry);
      const placed = new Map([...state.members].map(([id, { placedAt }]) => [id, placedAt]));
      for (const [id, each] of state.members) state.members.set(id, { ...each, placedAt: 0 });
      evolve(state, entry);
      for (const [id, each] of state.members) state.members.set(id, { ...each, placedAt: placed.get(id)! });
    },
  },
  'holds stay with the team that their member left': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      const before = new Map([...state.heldByMember].map(([id, units]) => [id, new Map(units)]));
      evolve(state, entry);
      if (!isOfMember(entry)) return;
      state.heldByMember.clear();
      for (const [id, units] of before) state.heldByMember.set(id, units);
    },
  },
  'a budget is counted anew when its amount changes': evolving(isOfMember, each => ({
    ...each,
    counts: each.counts.map(() => null),
  })),
  'members may stand in a circle': deciding(['set-member'], each => ({ ...each, parent: null })),
  'somebody is taken off the record whom others stand below': deciding(['remove-member'], each => ({
    ...each,
    parent: null,
  })),
  "a renewal leaves an account's own amounts as they were": subscribing((command, state) => {
    const current = state.subscriptions.get(command.subscription);
    const isRenewal = current !== undefined && isLive(current) && current.terms.plan === command.terms.plan;
    return isRenewal ? { ...command, overrides: null } : command;
  }),
  "an account's own amount of a limit is not taken": subscribing(command => ({
    ...command,
    overrides: command.overrides && new Map([...command.overrides].filter(([unit]) => unit !== 'images')),
  })),
  'an amount of what the plan does not have is passed over': subscribing(command => ({
    ...command,
    overrides: command.overrides && new Map([...command.overrides].filter(([unit]) => unit !== 'nothing')),
  })),
};

type Change = (member: Member) => Member;

function onBudgets(change: (budget: Member['budgets'][number]) => Member['budgets'][number]): Change {
  return each => ({ ...each, budgets: each.budgets.map(change) });
}

function unbounded(each: Member): Member {
  return onBudgets(budget => ({ ...budget, amount: MAX_AMOUNT }))(each);
}

function isRefund({ type }: Entry): boolean {
  return type === 'refund';
}

function isOfMember({ settings }: Entry): boolean {
  return settings?.member !== undefined;
}

/** What is said is right as long as the answer is: a slip that shows in a refusal's words alone would be found at once. */
function verdict(right: Decision, wrong: Decision): Decision {
  return right.ok === wrong.ok ? right : wrong;
}

/** Decides some commands among members that are not as they are. */
function deciding(types: readonly Command['type'][], change: Change): Domain {
  return {
    ...REAL_DOMAIN,
    decide: (state, command, now, recordedAt) => {
      const right = decide(state, command, now, recordedAt);
      if (!types.includes(command.type)) return right;
      const members = new Map([...state.members].map(([id, each]) => [id, change(each)]));
      return verdict(right, decide({ ...state, members }, command, now, recordedAt));
    },
  };
}

/** Folds some entries into members that are not as they were. */
function evolving(which: (entry: Entry) => boolean, change: Change): Domain {
  return {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      if (which(entry)) for (const [id, each] of state.members) state.members.set(id, change(each));
      evolve(state, entry);
    },
  };
}

function subscribing(change: (command: Subscribe, state: AccountState) => Subscribe): Domain {
  return {
    ...REAL_DOMAIN,
    decide: (state, command, now, recordedAt) => {
      return decide(state, command.type === 'subscribe' ? change(command, state) : command, now, recordedAt);
    },
  };
}
