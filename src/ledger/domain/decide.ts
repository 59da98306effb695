import type { AccountState, Moment } from './account.js';
import { configure } from './account-settings.js';
import { cancel } from './cancel.js';
import { charge } from './charge.js';
import type { Command } from './command.js';
import { commit } from './commit.js';
import { extend } from './extend.js';
import { freeze } from './freeze.js';
import { grant } from './grant.js';
import { recognise } from './recognise.js';
import { refundEntry, refundReservation } from './refund.js';
import type { Decision } from './refusal.js';
import { release } from './release.js';
import { reserve } from './reserve.js';
import { reinstate, revoke } from './revoke.js';
import { removeMember, setMember } from './set-member.js';
import { subscribe } from './subscribe.js';

/**
 * What a command does to an account: entries that follow `state.seq`, or a refusal. Pure: the state is only read.
 * The caller has settled what is due by `now` (`settleDue`) and recalled what the command looks back at (`missing`).
 */
export function decide(state: AccountState, command: Command, now: Moment, recordedAt: Moment): Decision {
  switch (command.type) {
    case 'grant':
      return grant(state, command, now, recordedAt);
    case 'reserve':
      return reserve(state, command, now, recordedAt);
    case 'commit':
      return commit(state, command, now, recordedAt);
    case 'release':
      return release(state, command, now, recordedAt);
    case 'extend':
      return extend(state, command, now, recordedAt);
    case 'refund-reservation':
      return refundReservation(state, command, now, recordedAt);
    case 'refund-entry':
      return refundEntry(state, command, now, recordedAt);
    case 'charge':
      return charge(state, command, now, recordedAt);
    case 'revoke':
      return revoke(state, command, now, recordedAt);
    case 'reinstate':
      return reinstate(state, command, now, recordedAt);
    case 'subscribe':
      return subscribe(state, command, now, recordedAt);
    case 'cancel':
      return cancel(state, command, now, recordedAt);
    case 'recognise':
      return recognise(state, command, now, recordedAt);
    case 'configure':
      return configure(state, command, now, recordedAt);
    case 'set-member':
      return setMember(state, command, now, recordedAt);
    case 'remove-member':
      return removeMember(state, command, now, recordedAt);
    case 'freeze':
    case 'unfreeze':
      return freeze(state, command, now, recordedAt);
    default:
      throw new Error(`unknown command ${JSON.stringify(command satisfies never)}`);
  }
}
