import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { PastBalances } from '../balances/past-balances.js';
import { zeroBalance, type Balance, type Moment } from '../ledger/domain/account.js';
import { SUMS } from '../ledger/store/account-row.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { readLines, type StatementLine } from './read-lines.js';
import { statementCsv, statementJson } from './write-statement.js';

export type StatementFormat = 'json' | 'csv';

/** What an account had, what moved it day by day, and what it had then; as JSON or CSV. */
export class GetStatement extends Query<string> {
  constructor(
    readonly target: Target,
    /** Inclusive; null for the account's beginning. */
    readonly from: Moment | null,
    /** Exclusive; null for the present moment. */
    readonly to: Moment | null,
    readonly format: StatementFormat,
  ) {
    super();
  }
}

/**
 * Asked from the entries, not from a projection: what is due is booked first, so that a statement agrees with the balances
 * of its two moments, and only the entries of its time are looked at.
 */
@QueryHandler(GetStatement)
export class GetStatementHandler implements IQueryHandler<GetStatement> {
  private readonly past: PastBalances;

  constructor(
    private readonly writePath: WritePath,
    private readonly units: UnitRegistry,
    private readonly pool: Pool,
  ) {
    this.past = new PastBalances(pool);
  }

  async execute({ target, from, to, format }: GetStatement): Promise<string> {
    const { no, now, seq, begun } = await this.writePath.read(target, ({ no, now, state }) => {
      return { no, now, seq: state.seq, begun: state.seq === 0 ? now : state.createdAt };
    });
    // An entry of this very moment belongs to it.
    const end = to ?? now + 1;
    const start = from ?? Math.min(begun, end);
    if (end > now + 1) throw wrong('to', `is in the future: here it is ${new Date(now).toISOString()}`);
    if (start > end) throw wrong('from', 'is after to');
    const { seq: openingSeq, balances: opening } = await this.past.asOf(no, start - 1);
    const lines = await readLines(this.pool, no, openingSeq, seq, end);
    const closing = add(opening, lines);
    await this.units.learn();
    const statement = { account: target.account, from: start, to: end, opening, lines, closing };
    const scaleOf = (unit: string) => this.units.scaleOf(unit) ?? 0;
    return format === 'csv' ? statementCsv(statement, scaleOf) : statementJson(statement, scaleOf);
  }
}

function add(opening: ReadonlyMap<string, Balance>, lines: readonly StatementLine[]): Map<string, Balance> {
  const closing = new Map([...opening].map(([unit, balance]) => [unit, { ...balance }]));
  for (const { unit, deltas } of lines) {
    const balance = closing.get(unit) ?? zeroBalance();
    for (const sum of SUMS) balance[sum] += deltas[sum];
    closing.set(unit, balance);
  }
  return closing;
}

function wrong(parameter: 'from' | 'to', message: string): LedgerError {
  const errors = [{ location: `query.${parameter}`, message }];
  return new LedgerError('invalid_request', `${parameter} ${message}`, { errors });
}
