import type { AccountState } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import type { PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import { isLive, type Subscription } from '../../src/ledger/domain/subscription.js';
import { REAL_DOMAIN, type Domain } from './recording-account.js';

const { decide, evolve, openWindows, settleDue } = REAL_DOMAIN;

/** Breaks of the rules of plans, each in one way, that the comparison with the model must find. */
export const PLAN_BUGS: Readonly<Record<string, Domain>> = {
  'an allowance is given again to who subscribes again': deciding(['subscribe'], each => ({ ...each, had: [] })),
  'an allowance is given again by falling back': deciding(['cancel'], each => ({ ...each, had: [] })),
  'a plan is tried out as often as one likes': {
    ...REAL_DOMAIN,
    decide: (state, command, now, recordedAt) => {
      return decide(state, command.type === 'subscribe' ? { ...command, tried: false } : command, now, recordedAt);
    },
  },
  'what was used of a limit is forgotten with a change of plan': deciding(['subscribe', 'cancel'], each => ({
    ...each,
    windows: new Map(),
  })),
  'a window begins a moment late (> for >=)': {
    ...REAL_DOMAIN,
    openWindows: (state, now, recordedAt) => openWindows(state, Math.max(state.lastEffectiveAt, now - 1), recordedAt),
  },
  'windows are opened with the subscription alone': { ...REAL_DOMAIN, openWindows: () => [] },
  'a plan with a price renews by itself': settling(onTerms(terms => ({ ...terms, paid: false }))),
  'what is left of a plan with a price lives for ever': settling(
    onTerms(terms => ({ ...terms, renewalGraceMs: 1e12 })),
  ),
  'the cap of what is carried is not kept': settling(each => ({
    ...each,
    lots: new Map(
      [...each.lots].map(([no, lot]) => [no, { ...lot, rollover: lot.rollover && { ...lot.rollover, cap: null } }]),
    ),
  })),
  'nothing is carried': settling(each => ({
    ...each,
    lots: new Map([...each.lots].map(([no, lot]) => [no, { ...lot, rollover: null }])),
  })),
  'a fallback goes on beside who took its plan': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      const { subscription } = entry;
      if (subscription?.status !== 'waiting') return evolve(state, entry);
      const { status: _, ...rest } = subscription;
      evolve(state, { ...entry, subscription: rest });
    },
  },
  'a period that is closed is not over': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      const { subscription } = entry;
      if (subscription?.closes === undefined) return evolve(state, entry);
      const { closes: _, ...rest } = subscription;
      evolve(state, { ...entry, subscription: rest });
    },
  },
  'an event counts against one limit alone': deciding(
    ['reserve', 'charge', 'commit'],
    onTerms(terms => ({ ...terms, limits: terms.limits.slice(0, 1) })),
  ),
  'a soft limit refuses': deciding(
    ['reserve', 'charge', 'commit'],
    onTerms(terms => ({ ...terms, limits: terms.limits.map(limit => ({ ...limit, soft: false })) })),
  ),
  'a commit by event uses what was announced': {
    ...REAL_DOMAIN,
    decide: (state, command, now, recordedAt) => {
      if (command.type !== 'commit') return decide(state, command, now, recordedAt);
      const { event: _, ...rest } = command;
      return decide(state, rest, now, recordedAt);
    },
  },
  'a denial promises what has still to be paid for': deciding(
    ['reserve', 'charge'],
    onTerms(terms => ({ ...terms, paid: false })),
  ),
  'a refund to a window that is over can be spent': deciding(['refund-reservation', 'refund-entry'], each => ({
    ...each,
    windows: new Map(),
  })),
  'a cancellation waits for the grace too': settling(each => ({
    ...each,
    cancelAtEnd: each.cancelAtEnd && !each.terms.paid,
  })),
};

type Change = (subscription: Subscription) => Subscription;

function onTerms(change: (terms: PlanTerms) => PlanTerms): Change {
  return each => (isLive(each) ? { ...each, terms: change(each.terms) } : each);
}

/** Decides some commands in a world whose subscriptions are not as they are. */
function deciding(types: readonly Command['type'][], change: Change): Domain {
  return {
    ...REAL_DOMAIN,
    decide: (state, command, now, recordedAt) => {
      if (!types.includes(command.type)) return decide(state, command, now, recordedAt);
      return decide(pretended(state, change), command, now, recordedAt);
    },
  };
}

/** So does time, on a copy; what it says then reaches the account. */
function settling(change: Change): Domain {
  return {
    ...REAL_DOMAIN,
    settleDue: (state, now, recordedAt) => {
      const copy = structuredClone(state);
      for (const [id, each] of copy.subscriptions) copy.subscriptions.set(id, change(each));
      copy.dueBound = 0;
      const entries = settleDue(copy, now, recordedAt);
      for (const entry of entries) evolve(state, entry);
      state.dueBound = copy.dueBound;
      return entries;
    },
  };
}

function pretended(state: AccountState, change: Change): AccountState {
  return { ...state, subscriptions: new Map([...state.subscriptions].map(([id, each]) => [id, change(each)])) };
}
