import { lotNumber } from '../../src/ledger/domain/account.js';
import type { Command, Subscribe } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { Dice, type Gene } from '../model/genes.js';
import { charge, commit, DAY, grant, limits, refundEntry, reinstate, reserve, revoke } from '../model/given-account.js';
import { cancel, credits, limit, paidPlan, plan, subscribe } from '../model/given-plan.js';
import { REAL_DOMAIN, RecordingAccount } from '../model/recording-account.js';
import { costOf } from './random-history.js';

const START = Date.UTC(2028, 0, 30, 10);
const HOUR = 3_600_000;
const FREE = plan('free', { grants: [credits(10n)], limits: [limit('images', 5n)] });
const PLANS = [
  FREE,
  plan('saver', { grants: [credits(40n, { percent: 50, cap: 60n })], limits: [limit('images', 50n)] }),
  paidPlan('pro', { grants: [credits(100n, { periods: 1 })], limits: [limit('calls', 20n)], fallback: FREE }),
];
const UNITS = ['credits', 'images', 'calls'] as const;

/**
 * What the engine books for an account that pays for lots and has plans beside them, over some months: their credits burn
 * together, what is carried of either stands side by side, and a limit takes up what comes back late in its unit.
 */
export function subscribedHistory(genes: readonly Gene[]): readonly Entry[] {
  const account = new RecordingAccount(REAL_DOMAIN);
  const done: Entry[] = [];
  let now = START;
  account.execute(limits({ credits: 20n, images: 5n }), now);
  for (const [index, gene] of genes.entries()) {
    const time = new Dice(gene.time);
    now += time.weighted([
      [20, 0],
      [10, HOUR * (1 + time.below(30))],
      [2, DAY * (1 + time.below(40))],
    ] as const);
    const { decision } = account.execute(commandOf(gene, index, done, now), now);
    if (decision.ok) done.push(...decision.entries);
    if (new Dice(gene.account).below(2) === 0) account.endBatch();
  }
  return account.history.entries;
}

function commandOf(gene: Gene, index: number, done: readonly Entry[], now: number): Command {
  const terms = new Dice(gene.terms);
  const target = new Dice(gene.target);
  const amount = BigInt(1 + new Dice(gene.amount).below(40));
  const unit = terms.pick(UNITS)!;
  const one = (type: Entry['type']): Entry | undefined => target.pick(done.filter(entry => entry.type === type));
  const kind = new Dice(gene.kind).weighted([
    [6, 'grant'],
    [6, 'charge'],
    [4, 'reserve'],
    [4, 'commit'],
    [1, 'release'],
    [4, 'refund'],
    [2, 'revoke'],
    [2, 'reinstate'],
    [3, 'subscribe'],
    [1, 'cancel'],
  ] as const);
  switch (kind) {
    case 'grant': {
      const expiresAt = terms.oneIn(3) ? null : now + HOUR * (1 + terms.below(1_000));
      const rollover = terms.oneIn(2) ? { percent: 50, cap: 8n, carryMs: terms.oneIn(2) ? null : 9 * DAY } : null;
      return grant(amount, { unit, category: 'paid', cost: costOf(terms, index), expiresAt, rollover });
    }
    case 'charge':
      return charge([{ unit, amount }], { overage: 'allow_debt' });
    case 'reserve':
      return reserve([{ unit, amount }], { ttlMs: HOUR * (1 + terms.below(24)), late: 'charge' });
    case 'commit':
      return commit(one('reserve')?.seq ?? 0, amount / 2n, { final: terms.below(4) > 0 });
    case 'release':
      return { type: 'release', reservation: one('reserve')?.seq ?? 0, reason: null };
    case 'refund': {
      const spend = one('commit');
      return refundEntry(spend?.seq ?? 0, spend?.reservation ?? null, terms.oneIn(2) ? null : amount);
    }
    case 'revoke': {
      const made = one('grant');
      return revoke(lotNumber(made?.seq ?? 0, 0), amount, made?.unit ?? 'credits');
    }
    case 'reinstate':
      return reinstate(one('revoke')?.seq ?? 0);
    case 'subscribe':
      return subscribe(terms.pick(PLANS)!, {
        policy: terms.pick(['keep', 'prorate', 'drop'] as const)!,
        ...paidFor(terms, index, now),
      });
    case 'cancel':
      return cancel(terms.pick(['now', 'period_end'] as const)!);
    default:
      throw new Error(`unknown kind ${String(kind satisfies never)}`);
  }
}

/** What was paid for it, most often; sometimes for the period from now on, and for more of what there is. */
function paidFor(terms: Dice, index: number, now: number): Partial<Subscribe> {
  const cost = costOf(terms, index);
  if (terms.oneIn(4)) return {};
  if (terms.oneIn(3)) return { cost };
  const start = Math.floor(now / 1_000) * 1_000;
  return { cost, start, end: start + DAY * (5 + terms.below(30)) };
}
