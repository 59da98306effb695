import { formatAmount, type ScaleOf } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import type { AccountState, Moment } from './domain/account.js';
import { heldUnder, resetsAt, usedOf } from './domain/budgets.js';
import type { BudgetWindow, Member } from './domain/member.js';

/** The `member` of openapi.json: its budgets with what is used of them now, members below it included. */
export function memberAnswer(state: AccountState, member: Member, now: Moment, scaleOf: ScaleOf): object {
  const { id, parent, budgets } = member;
  return {
    id,
    ...(parent === null ? {} : { parent }),
    budgets: budgets.map(({ unit, amount, window, anchor, soft }, place) => {
      const scale = scaleOf(unit);
      const resets = resetsAt(member, place, now);
      return {
        unit,
        amount: formatAmount(amount, scale),
        window: windowAnswer(window, anchor),
        soft,
        used: formatAmount(usedOf(state, member, place, now), scale),
        held: formatAmount(heldUnder(state, id, unit), scale),
        ...(resets === null ? {} : { resets_at: formatMoment(resets) }),
      };
    }),
  };
}

function windowAnswer(window: BudgetWindow, anchor: Moment): object {
  if (window.every === 'lifetime') return { every: window.every };
  const { every, count } = window;
  return window.anchor === 'calendar'
    ? { every, count, time_zone: window.timeZone }
    : { every, count, anchor_at: formatMoment(anchor) };
}
