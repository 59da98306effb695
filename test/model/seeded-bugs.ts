import type { AccountState, Balance, Lot, Spend } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import { decide } from '../../src/ledger/domain/decide.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { evolve } from '../../src/ledger/domain/evolve.js';
import { refuse, type Decision } from '../../src/ledger/domain/refusal.js';
import { settleDue } from '../../src/ledger/domain/settle-due.js';
import { REAL_DOMAIN, type Domain } from './recording-account.js';

/**
 * A suite earns trust by failing: each of these breaks the domain in one way, from outside, as a slip of the pen
 * would from inside, and the comparison with the model must find it.
 */
export const SEEDED_BUGS: Readonly<Record<string, Domain>> = {
  'a lot can be spent at the moment it ends (> for >=)': {
    ...REAL_DOMAIN,
    settleDue: (state, now, recordedAt) => settleDue(state, now - 1, recordedAt),
  },
  'what comes back at the moment its lot ends goes home (> for >=)': deciding((state, command, now, recordedAt) =>
    command.type === 'release' || command.type === 'commit'
      ? changeEntries(decide(state, command, now - 1, recordedAt), entry => ({ ...entry, effectiveAt: now }))
      : decide(state, command, now, recordedAt),
  ),
  'a commit during the grace is late': deciding((state, command, now, recordedAt) => {
    const hold = command.type === 'commit' ? state.holds.get(command.reservation) : undefined;
    return hold !== undefined && hold.expiresAt <= now
      ? refuse('reservation_expired', 'its time is over')
      : decide(state, command, now, recordedAt);
  }),
  'time works when somebody looks, not when it was due': timing((entry, now) => ({ ...entry, effectiveAt: now })),
  'a lot that was wholly held is forgotten when it ends': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      const { dueBound } = state;
      evolve(state, entry);
      if (entry.type === 'release' || entry.type === 'commit') state.dueBound = dueBound;
    },
  },
  'the burn order is turned round': deciding(
    pretending((state, undo) => {
      for (const { lots } of state.units.values()) {
        lots.reverse();
        undo(() => lots.reverse());
      }
    }),
  ),
  'paid lots burn before the others of their priority': deciding(
    pretending((state, undo) => {
      for (const { lots } of state.units.values()) {
        const saved = [...lots];
        lots.sort((a, b) => a.priority - b.priority || Number(b.category === 'paid') - Number(a.category === 'paid'));
        undo(() => lots.splice(0, lots.length, ...saved));
      }
    }),
  ),
  'a revoke does not care which other lots were paid for': deciding(
    pretending((state, undo, command) => {
      if (command.type !== 'revoke') return;
      for (const { lots } of state.units.values()) {
        for (const lot of lots as Writable<Lot>[]) {
          const { category } = lot;
          lot.category = 'included';
          undo(() => (lot.category = category));
        }
      }
    }),
  ),
  'conditions of lots are ignored': deciding(
    pretending((state, undo) => {
      for (const { lots } of state.units.values()) {
        for (const lot of lots as Writable<Lot>[]) {
          const { appliesTo } = lot;
          lot.appliesTo = null;
          undo(() => (lot.appliesTo = appliesTo));
        }
      }
    }),
  ),
  'debt is not paid by what is released': deciding((state, command, now, recordedAt) =>
    changeEntries(decide(state, command, now, recordedAt), entry => (entry.type === 'release' ? unpaid(entry) : entry)),
  ),
  'debt is not paid by a grant': deciding((state, command, now, recordedAt) =>
    changeEntries(decide(state, command, now, recordedAt), entry => (entry.type === 'grant' ? unpaid(entry) : entry)),
  ),
  'one more than the overdraft limit may be owed (> for >=)': deciding(
    pretending((state, undo) => {
      const limits = state.overdraftLimits;
      state.overdraftLimits = new Map([...limits].map(([unit, limit]) => [unit, limit + 1n]));
      undo(() => (state.overdraftLimits = limits));
    }),
  ),
  'a refund can be had twice': deciding(
    pretending((state, undo) => {
      for (const spend of recalledSpends(state)) {
        const [first] = spend.parts;
        const { refunded } = spend;
        if (first === undefined || refunded === 0n) continue;
        spend.refunded = 0n;
        first.amount += refunded;
        undo(() => {
          spend.refunded = refunded;
          first.amount -= refunded;
        });
      }
    }),
  ),
  'a refund goes back to what was drawn first': deciding(
    pretending((state, undo) => {
      for (const { parts } of recalledSpends(state)) {
        parts.reverse();
        undo(() => parts.reverse());
      }
    }),
  ),
  'a refund to a lot that is over lives for ever': deciding((state, command, now, recordedAt) =>
    changeEntries(decide(state, command, now, recordedAt), entry =>
      entry.type === 'refund' ? { ...entry, made: entry.made.map(terms => ({ ...terms, expiresAt: null })) } : entry,
    ),
  ),
  'a lot forgets what it carried over already': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      evolve(state, entry);
      for (const { lots } of state.units.values()) for (const lot of lots) lot.carried = 0n;
    },
  },
  'a frozen account can be charged': deciding(
    pretending((state, undo, command) => {
      const { frozen } = state;
      if (command.type === 'charge') state.frozen = false;
      undo(() => (state.frozen = frozen));
    }),
  ),
  'a late commit leaves its reservation expired': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      const before = entry.reservation === null ? undefined : state.recalled.reservations.get(entry.reservation);
      const expired = before?.status === 'expired';
      evolve(state, entry);
      if (before !== undefined && expired) before.status = 'expired';
    },
  },
  'a hold that ends forgets one line': {
    ...REAL_DOMAIN,
    evolve: (state, entry) => {
      const hold = entry.reservation === null ? undefined : state.holds.get(entry.reservation);
      evolve(state, entry);
      const line = hold?.lines[1];
      if (line !== undefined && entry.closes) line.released = 0n;
    },
  },
  'amounts are floating point': deciding((state, command, now, recordedAt) =>
    changeEntries(decide(state, command, now, recordedAt), entry => ({
      ...entry,
      amount: BigInt(Number(entry.amount)),
      deltas: { ...entry.deltas, granted: BigInt(Number(entry.deltas.granted)) },
    })),
  ),
  'deltas do not balance': deciding((state, command, now, recordedAt) =>
    changeEntries(decide(state, command, now, recordedAt), entry =>
      entry.type === 'release' ? { ...entry, deltas: { ...entry.deltas, spent: 1n } } : entry,
    ),
  ),
  'every denial says try again': deciding((state, command, now, recordedAt) => {
    const decision = decide(state, command, now, recordedAt);
    return decision.ok ? decision : { ...decision, refusal: { ...decision.refusal, retryable: true } };
  }),
  'a refused command leaves a trace': deciding((state, command, now, recordedAt) => {
    const decision = decide(state, command, now, recordedAt);
    const [lot] = [...state.units.values()].flatMap(({ lots }) => lots);
    if (!decision.ok && lot !== undefined) lot.remaining += 1n;
    return decision;
  }),
};

type Decide = typeof decide;
type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Undo = (step: () => unknown) => void;

function deciding(broken: Decide): Domain {
  return { ...REAL_DOMAIN, decide: broken };
}

/** Decides in a world that is not so; afterwards it is as it was. */
function pretending(prepare: (state: AccountState, undo: Undo, command: Command) => void): Decide {
  return (state, command, now, recordedAt) => {
    const steps: (() => unknown)[] = [];
    prepare(state, step => steps.unshift(step), command);
    try {
      return decide(state, command, now, recordedAt);
    } finally {
      for (const step of steps) step();
    }
  };
}

function changeEntries(decision: Decision, change: (entry: Entry) => Entry): Decision {
  return decision.ok ? { ...decision, entries: decision.entries.map(change) } : decision;
}

/** Changes what time does: it works on a copy, and what it says is changed before it reaches the account. */
function timing(change: (entry: Entry, now: number) => Entry): Domain {
  return {
    ...REAL_DOMAIN,
    settleDue: (state, now, recordedAt) => {
      const copy = structuredClone(state);
      const entries = settleDue(copy, now, recordedAt).map(entry => change(entry, now));
      for (const entry of entries) evolve(state, entry);
      state.dueBound = copy.dueBound;
      return entries;
    },
  };
}

/** The same entry without what it paid of the debt: that stays with the first lot. */
function unpaid(entry: Entry): Entry {
  const paid = -entry.deltas.debt;
  const [first, ...rest] = entry.lots;
  if (paid <= 0n || first === undefined) return entry;
  const deltas: Balance = { ...entry.deltas, debt: 0n, available: entry.deltas.available + paid };
  return { ...entry, deltas, lots: [{ ...first, remaining: first.remaining + paid }, ...rest] };
}

function recalledSpends({ recalled }: AccountState): Spend[] {
  return [...recalled.charges.values(), ...[...recalled.spends.values()].flat()];
}
