import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { IdCodec } from '../../ids/id-codec.js';
import { AnswerWriter } from '../../ledger/answer.js';
import type { Moment } from '../../ledger/domain/account.js';
import type { Target } from '../../ledger/submission.js';
import { WritePath } from '../../ledger/write-path.js';
import { formatAmount } from '../../shared/amount.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { formatMoment } from '../../shared/moment.js';
import { UnitRegistry } from '../../units/unit-registry.js';
import { readStatement } from './read-statement.js';
import type { Balances, Statement } from './statement.js';
import { statementText } from './text.js';
import type { Wording } from './words.js';

export interface ExplainedRange {
  /** Null for the account's beginning. */
  readonly from: Moment | null;
  /** Null for the present moment. */
  readonly to: Moment | null;
  /** Only this unit, and the entries that move it; null for all. */
  readonly unit: string | null;
}

/** How an account's balances changed after one moment and up to another, entry by entry and lot by lot. */
export class ExplainAccount extends Query<Explanation> {
  constructor(
    readonly target: Target,
    readonly range: ExplainedRange,
  ) {
    super();
  }
}

export interface Explanation {
  readonly json: string;
  /** The same in words, ready to be pasted into a reply. */
  readonly text: string;
}

@QueryHandler(ExplainAccount)
export class ExplainAccountHandler implements IQueryHandler<ExplainAccount> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly units: UnitRegistry,
    private readonly ids: IdCodec,
    private readonly pool: Pool,
  ) {}

  async execute({ target, range: { from, to, unit } }: ExplainAccount): Promise<Explanation> {
    if (unit !== null) await this.units.find(unit);
    const { no, now, seq, createdAt } = await this.writePath.read(target, ({ no, now, state }) => {
      return { no, now, seq: state.seq, createdAt: state.seq === 0 ? now : state.createdAt };
    });
    if (to !== null && to > now) throw wrong('to', `is in the future: here it is ${formatMoment(now)}`);
    if (from !== null && from > (to ?? now)) throw wrong('from', 'is after to');
    const statement = await readStatement(this.pool, { no, lastSeq: seq }, from ?? createdAt - 1, to ?? now, unit);
    await this.units.learn();
    const text = statementText(target.account, statement, this.wordingOf(no));
    return { json: this.json({ no, id: target.account }, statement, text), text };
  }

  private json(account: { no: number; id: string }, { from, to, opening, closing, steps }: Statement, text: string) {
    const told = steps.map(({ entry, balance }) => {
      const after = balance === null ? '' : `,"balance":${this.writer.balance(entry.unit!, balance)}`;
      return `{"entry":${this.writer.entry(account, entry)}${after}}`;
    });
    return (
      `{"account":${JSON.stringify(account.id)},"from":"${formatMoment(from)}","to":"${formatMoment(to)}",` +
      `"opening":${this.balances(opening)},"closing":${this.balances(closing)},` +
      `"steps":[${told.join(',')}],"text":${JSON.stringify(text)}}`
    );
  }

  private balances(balances: Balances): string {
    return `{${[...balances].map(([unit, sums]) => `"${unit}":${this.writer.balance(unit, sums)}`).join(',')}}`;
  }

  private wordingOf(accountNo: number): Wording {
    return {
      amount: (baseUnits, unit) => `${formatAmount(baseUnits, this.units.scaleOf(unit) ?? 0)} ${unit}`,
      reservation: no => this.ids.encode('reservation', accountNo, no),
    };
  }
}

function wrong(parameter: 'from' | 'to', message: string): LedgerError {
  const errors = [{ location: `query.${parameter}`, message }];
  return new LedgerError('invalid_request', `${parameter} ${message}`, { errors });
}
