import type { MemberCalls } from '../members.js';
import { moments, unary } from './unary-call.js';

/** Calls about who spends of an account. */
export function memberCalls(members: MemberCalls) {
  return {
    setMember: unary('setMember', 'ledger:write', async ({ account = '', member = '', budgets, parent }, { asker }) => {
      const given = (budgets ?? []).map(({ window, ...budget }) => {
        const { anchor_at: anchor, ...span } = window ?? {};
        return { ...budget, window: { ...span, ...moments({ anchor_at: anchor }) } };
      });
      const body = { ...(parent !== undefined && { parent }), budgets: given };
      return (await members.set(asker, account, member, body)).body;
    }),
    removeMember: unary('removeMember', 'ledger:write', async ({ account = '', member = '' }, { asker }) => {
      return (await members.remove(asker, account, member)).body;
    }),
    getMember: unary('getMember', 'ledger:read', async ({ account = '', member = '' }, { asker }) => {
      return members.get(asker, account, member);
    }),
    listMembers: unary('listMembers', 'ledger:read', async ({ account = '', ...query }, { asker }) => {
      return members.list(asker, account, query);
    }),
  };
}
