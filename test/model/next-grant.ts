import type { AppliesTo, LotCategory, RolloverRule } from '../../src/ledger/domain/account.js';
import type { Configure, Grant } from '../../src/ledger/domain/command.js';
import type { Draws } from './draws.js';
import { HOSTILE_AMOUNTS } from './genes.js';
import { dueMoments, MINUTE, near, SECOND } from './next-moment.js';

export function grant(d: Draws): Grant {
  const amount = d.amount([], 60);
  const dice = d.terms;
  return {
    type: 'grant',
    // Huge grants would drown every later shortage: they have a unit to themselves.
    unit: amount > 1_000_000n ? 'tokens' : d.unit(),
    amount,
    category: dice.pick<LotCategory>(['promotional', 'paid', 'included', 'compensation']) ?? 'promotional',
    priority: dice.pick([50, 50, 10, 90]) ?? 50,
    expiresAt: expiry(d),
    rollover: rollover(d),
    appliesTo: conditions(d),
    cost: null,
    reason: null,
    metadata: null,
  };
}

export function configure(d: Draws): Configure {
  const limits = d.terms.weighted<ReadonlyMap<string, bigint> | null>([
    [
      6,
      new Map([
        ['credits', 10n],
        ['images', 4n],
      ]),
    ],
    [
      3,
      new Map([
        ['credits', 25n],
        ['tokens', HOSTILE_AMOUNTS[2] ?? 0n],
      ]),
    ],
    [1, new Map()],
    [2, new Map([['credits', d.terms.oneIn(3) ? (d.terms.pick(HOSTILE_AMOUNTS) ?? 0n) : d.amount([], 20)]])],
    [2, null],
  ]);
  return {
    type: 'configure',
    overdraftLimits: limits,
    metadata: d.terms.pick([null, {}, { plan: 'pro' }]) ?? null,
  };
}

function expiry(d: Draws): number | null {
  const kind = d.terms.weighted([
    [40, 'never'],
    [16, 'soon'],
    [20, 'later'],
    [20, 'with another'],
    [2, 'next'],
    [2, 'over'],
  ] as const);
  switch (kind) {
    case 'never':
      return null;
    case 'soon':
      return d.now + (1 + d.target.below(5)) * 5 * SECOND;
    case 'later':
      return d.now + (1 + d.target.below(10)) * MINUTE;
    case 'with another':
      return near(d.target, dueMoments(d.account, d.now)) ?? d.now + 10 * SECOND;
    case 'next':
      return d.now + 1;
    case 'over':
      return d.now - d.target.below(2);
  }
}

function rollover(d: Draws): RolloverRule | null {
  const dice = d.terms;
  if (dice.below(5) < 2) return null;
  const percent = dice.pick([100, 50, 33]) ?? 100;
  const cap = dice.pick([null, 3n, 8n]) ?? null;
  return { percent, cap, carryMs: dice.pick([null, 30 * SECOND, 5 * MINUTE, 1]) ?? null };
}

function conditions(d: Draws): AppliesTo | null {
  return d.terms.weighted<AppliesTo | null>([
    [72, null],
    [10, { meters: ['chat'] }],
    [6, { models: ['large'] }],
    [6, { members: ['ann', 'bob'] }],
    [4, { meters: ['chat', 'image'], members: ['ann'] }],
    [2, { meters: [] }],
  ]);
}
