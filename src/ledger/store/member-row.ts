import type { Member } from '../domain/member.js';
import {
  budgetFromJson,
  budgetToJson,
  countFromJson,
  countToJson,
  type BudgetJson,
  type CountJson,
} from './member-json.js';

/** The row of `members` as a pure function of the member. What is held for it follows from the holds. */
export interface MemberRow {
  readonly member: string;
  readonly parent: string | null;
  readonly placedAt: number;
  readonly budgets: readonly BudgetJson[];
  /** One for each budget. */
  readonly counts: readonly (CountJson | null)[];
}

/** What to select of `members`. */
export const MEMBER_COLUMNS = `member, parent, placed_at, budgets, counts`;

/** A row as JSON with the names of its columns. */
export function memberRecord({ member, parent, placedAt, budgets, counts }: MemberRow) {
  return { member, parent, placed_at: placedAt, budgets, counts };
}

export function memberRow({ id, parent, placedAt, budgets, counts }: Member): MemberRow {
  return { member: id, parent, placedAt, budgets: budgets.map(budgetToJson), counts: counts.map(countToJson) };
}

export function memberFromRow({ member: id, parent, placedAt, budgets, counts }: MemberRow): Member {
  return { id, parent, placedAt, budgets: budgets.map(budgetFromJson), counts: counts.map(countFromJson) };
}
