import type { Command } from '../../src/ledger/domain/command.js';
import { Draws } from './draws.js';
import { Dice, type Gene } from './genes.js';
import type { NaiveAccount } from './naive-account.js';
import { configure, grant } from './next-grant.js';
import { refundEntry, refundReservation, reinstate, revoke } from './next-return.js';
import { charge, commit, extend, release, reserve } from './next-spend.js';

/** How often which command comes; the first is the simplest. */
const KINDS: readonly (readonly [
  number,
  Exclude<Command['type'], 'subscribe' | 'cancel' | 'recognise' | 'set-member' | 'remove-member'>,
])[] = [
  [20, 'grant'],
  [24, 'reserve'],
  [26, 'commit'],
  [6, 'release'],
  [10, 'extend'],
  [9, 'refund-reservation'],
  [6, 'refund-entry'],
  [7, 'charge'],
  [6, 'revoke'],
  [4, 'reinstate'],
  [4, 'configure'],
  [1, 'freeze'],
  [4, 'unfreeze'],
];

/** The command a gene means to this account at this moment. */
export function nextCommand(gene: Gene, account: NaiveAccount, now: number): Command {
  const draws = new Draws(gene, account, now);
  const drawn = new Dice(gene.kind).weighted(KINDS);
  const type = lacks(drawn, account) && !draws.terms.oneIn(20) ? instead(account) : drawn;
  switch (type) {
    case 'grant':
      return grant(draws);
    case 'reserve':
      return reserve(draws);
    case 'commit':
      return commit(draws);
    case 'release':
      return release(draws);
    case 'extend':
      return extend(draws);
    case 'refund-reservation':
      return refundReservation(draws);
    case 'refund-entry':
      return refundEntry(draws);
    case 'charge':
      return charge(draws);
    case 'revoke':
      return revoke(draws);
    case 'reinstate':
      return reinstate(draws);
    case 'configure':
      return configure(draws);
    case 'freeze':
    case 'unfreeze':
      return { type, reason: null };
    default:
      return type satisfies never;
  }
}

/** What there is nothing for yet would only be refused: what it needs comes first, mostly. */
function lacks(type: Command['type'], account: NaiveAccount): boolean {
  switch (type) {
    case 'reserve':
    case 'charge':
      return account.lots.every(lot => lot.available === 0n) && account.overdraftLimits.size === 0;
    case 'commit':
    case 'release':
    case 'extend':
      return account.openReservations().length === 0;
    case 'refund-reservation':
    case 'refund-entry':
      return account.takings.every(({ kind }) => kind !== 'commit');
    case 'reinstate':
      return account.takings.every(({ kind }) => kind !== 'revoke');
    case 'unfreeze':
      return !account.frozen;
    default:
      return false;
  }
}

function instead(account: NaiveAccount): 'grant' | 'reserve' {
  return account.lots.some(lot => lot.available > 0n) && !account.frozen ? 'reserve' : 'grant';
}
