import type { Command } from '../../src/ledger/domain/command.js';
import type { Decision } from '../../src/ledger/domain/refusal.js';
import { nextDueAt } from '../../src/ledger/domain/settle-due.js';
import type { Coverage } from './coverage.js';
import { firstDifference, inWords } from './first-difference.js';
import { Dice, type Gene } from './genes.js';
import { NaiveLedger } from './naive-ledger.js';
import { warnings } from './naive-members.js';
import { nextCommand } from './next-command.js';
import { nextMoment } from './next-moment.js';
import { REAL_DOMAIN, RecordingAccount, type Domain } from './recording-account.js';
import {
  domainAnswer,
  domainEntry,
  domainHistoryView,
  domainRecalled,
  domainView,
  domainWarnings,
  naiveAnswer,
  naiveEntry,
  naiveHistoryView,
  naiveRecalled,
  naiveView,
} from './views.js';

/** What comes next, and when. */
export interface World {
  /** The file whose test lives in it. */
  readonly spec: string;
  /** When its stories begin: the day before a leap day, and before clocks change. The first is the simplest. */
  readonly starts: readonly number[];
  readonly moment: typeof nextMoment;
  readonly command: typeof nextCommand;
}

/** Credits without plans. */
export const CREDITS: World = {
  spec: 'test/model/model.spec',
  starts: [Date.UTC(2028, 1, 28, 12)],
  moment: nextMoment,
  command: nextCommand,
};

/** One account, kept by the model and by the domain. */
class Pair {
  readonly model: NaiveLedger;
  readonly account: RecordingAccount;

  constructor(
    readonly name: string,
    domain: Domain,
    private readonly coverage?: Coverage,
  ) {
    this.model = new NaiveLedger(coverage?.meet);
    this.account = new RecordingAccount(domain);
  }

  /** Gives both the same command and says where they differ first, or null. */
  step(command: Command, now: number): string | null {
    const booked = this.model.account.seq;
    const refusal = this.model.execute(command, now);
    const { state } = this.account;
    const { decision, entries } = this.account.execute(command, now);
    const expected = this.model.account.journal.slice(booked);
    if (this.coverage !== undefined) {
      this.coverage.commands += 1;
      if (refusal !== null) this.coverage.meet(refusal.code);
      for (const { type } of expected) this.coverage.meet(type);
    }
    return (
      firstDifference('refusal', naiveAnswer(refusal), domainAnswer(decision)) ??
      firstDifference('entries', expected.map(naiveEntry), entries.map(domainEntry)) ??
      firstDifference('state', naiveView(this.model.account, now), domainView(state, now)) ??
      this.warningsDiffer(decision, now) ??
      firstDifference('recalled', naiveRecalled(this.model.account, state.recalled), domainRecalled(state.recalled)) ??
      firstDifference('next due', this.model.nextDue(), nextDueAt(state)) ??
      (state.dueBound > (nextDueAt(state) ?? Infinity) ? 'what falls due next would be overlooked' : null) ??
      this.account.violations[0] ??
      null
    );
  }

  /** What a spend is warned of, in answer to it. */
  private warningsDiffer(decision: Decision, now: number): string | null {
    if (!decision.ok || this.model.account.members.size === 0) return null;
    const spends = decision.entries.filter(({ type }) => type === 'reserve' || type === 'extend' || type === 'commit');
    const [first] = spends;
    if (first === undefined) return null;
    const told = warnings(this.model.account, spends.map(({ unit }) => unit!), first.member, now); // prettier-ignore
    return firstDifference('warnings', told, domainWarnings(this.account.state, spends, now));
  }

  /** Its balances, for the story of a failure. */
  inWords(): string {
    const { account } = this.model;
    const balances = account.units().map(unit => `${unit} ${inWords(account.balance(unit))}`);
    return `seq ${account.seq}; ${balances.join('; ')}`;
  }

  /** What needs comparing only once: all history, and the fold of all entries. */
  finish(): string | null {
    if (this.account.foldDiffers()) return 'the fold of the entries is not the live state';
    return firstDifference('history', naiveHistoryView(this.model.account), domainHistoryView(this.account.history));
  }
}

export interface Run {
  readonly world?: World;
  readonly domain?: Domain;
  readonly coverage?: Coverage;
  /** Hears each command and what came of it, in words. */
  readonly tell?: (line: string) => void;
}

/** Runs one sequence on two accounts through model and domain side by side; the first difference, or null. */
export function runSequence(
  genes: readonly Gene[],
  { world = CREDITS, domain = REAL_DOMAIN, coverage, tell }: Run = {},
): string | null {
  const pairs = [new Pair('a', domain, coverage), new Pair('b', domain, coverage)] as const;
  const start = new Dice(Math.floor((genes[0]?.account ?? 0) / 16)).pick(world.starts) ?? 0;
  let now = start;
  for (const gene of genes) {
    const dice = new Dice(gene.account);
    const pair = dice.below(8) === 7 ? pairs[1] : pairs[0];
    now = world.moment(gene, pair.model.account, now);
    const command = world.command(gene, pair.model.account, now);
    tell?.(`account ${pair.name}, ${new Date(now).toISOString()}: ${inWords(command)}`);
    const found = attempt(() => pair.step(command, now));
    if (found !== null) return found;
    tell?.(`    ${pair.inWords()}`);
    if (dice.below(2) === 0) pair.account.endBatch();
  }
  return pairs[0].finish() ?? pairs[1].finish();
}

/** A domain that throws where it should decide differs from the model too. */
function attempt(step: () => string | null): string | null {
  try {
    return step();
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}
