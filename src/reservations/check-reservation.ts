import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { IdCodec } from '../ids/id-codec.js';
import { AnswerWriter } from '../ledger/answer.js';
import type { Reserve } from '../ledger/domain/command.js';
import { decide } from '../ledger/domain/decide.js';
import type { AccountView, Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { UnitRegistry, type Unit } from '../units/unit-registry.js';

/** Whether a reservation would be granted now; holds nothing. As JSON. */
export class CheckReservation extends Query<string> {
  constructor(
    readonly target: Target,
    readonly terms: Omit<Reserve, 'type'>,
    /** Of the lines. Not put to use: asking leaves no trace. */
    readonly units: readonly Unit[],
  ) {
    super();
  }
}

@QueryHandler(CheckReservation)
export class CheckReservationHandler implements IQueryHandler<CheckReservation> {
  constructor(
    private readonly writePath: WritePath,
    private readonly ids: IdCodec,
    private readonly registry: UnitRegistry,
  ) {}

  execute({ target, terms, units }: CheckReservation): Promise<string> {
    const asked = new Map(units.map(({ unit, scale }) => [unit, scale]));
    const writer = new AnswerWriter(this.ids, unit => this.registry.scaleOf(unit) ?? asked.get(unit)!);
    return this.writePath.read(target, view => {
      const balances = `"balances":${writer.balances(view)},"seq":${view.state.seq}}`;
      return `{${verdict(writer, view, terms)},${balances}`;
    });
  }
}

function verdict(writer: AnswerWriter, view: AccountView, terms: Omit<Reserve, 'type'>): string {
  const decision = decide(view.state, { type: 'reserve', ...terms }, view.now, view.now);
  if (decision.ok) return '"allowed":true';
  const { code, details } = writer.refusal(view, decision.refusal);
  const shortfall = details['shortfall'] === undefined ? '' : `,"shortfall":${JSON.stringify(details['shortfall'])}`;
  return `"allowed":false,"code":"${code}"${shortfall}`;
}
