import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter } from '../ledger/answer.js';
import type { Reserve } from '../ledger/domain/command.js';
import { decide } from '../ledger/domain/decide.js';
import { warningsOf } from '../ledger/domain/warnings.js';
import type { AccountView, Target, UnfixedScales } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { readTooEarly } from '../ledger/write-errors.js';

/** Whether a reservation would be granted now; holds nothing. As JSON. */
export class CheckReservation extends Query<string> {
  constructor(
    readonly target: Target,
    readonly terms: Omit<Reserve, 'type'>,
    readonly unfixed: UnfixedScales | undefined,
  ) {
    super();
  }
}

@QueryHandler(CheckReservation)
export class CheckReservationHandler implements IQueryHandler<CheckReservation> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
  ) {}

  execute(asked: CheckReservation): Promise<string> {
    return this.writePath.read(asked.target, view => {
      const balances = `"balances":${this.writer.balances(view)},"seq":${view.state.seq}}`;
      return `{${verdict(this.writer, view, asked)},${balances}`;
    });
  }
}

function verdict(writer: AnswerWriter, view: AccountView, { terms, unfixed }: CheckReservation): string {
  const decision = decide(view.state, { type: 'reserve', ...terms }, view.now, view.now);
  if (decision.ok && unfixed?.stand() === false) throw readTooEarly();
  if (decision.ok) {
    // What would be lent counts with the hold that it is lent to.
    const holds = decision.entries.filter(({ type }) => type === 'reserve');
    const lines = holds.map(({ unit, amount }) => ({ unit: unit!, amount }));
    const warnings = warningsOf(view.state, decision.exceeded, lines, terms.member, view.now);
    return `"allowed":true${writer.warnings(warnings, unfixed)}`;
  }
  const { code, details } = writer.refusal(view, decision.refusal, unfixed);
  const shortfall = details['shortfall'] === undefined ? '' : `,"shortfall":${JSON.stringify(details['shortfall'])}`;
  return `"allowed":false,"code":"${code}"${shortfall}`;
}
