import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter, NO_CREDITS } from '../ledger/answer.js';
import { newAccount, type AccountState, type Balance, type Moment, type UnitState } from '../ledger/domain/account.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';
import { formatMoment } from '../shared/moment.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { PastBalances } from './past-balances.js';

/** What an account has, now or as of a moment (inclusive), in every unit or in one; as JSON. */
export class GetBalance extends Query<string> {
  constructor(
    readonly target: Target,
    readonly unit: string | null,
    readonly asOf: Moment | null,
  ) {
    super();
  }
}

@QueryHandler(GetBalance)
export class GetBalanceHandler implements IQueryHandler<GetBalance> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly units: UnitRegistry,
    private readonly past: PastBalances,
  ) {}

  async execute({ target, unit, asOf }: GetBalance): Promise<string> {
    if (unit !== null) await this.units.find(unit);
    const { accountNo, current } = await this.writePath.read(target, ({ no, state, now }) => {
      if (asOf !== null && asOf > now) throw notYet(formatMoment(now));
      const isPast = asOf !== null && asOf < state.lastEffectiveAt;
      return { accountNo: no, current: isPast ? null : this.json(target.account, state, asOf ?? now, unit) };
    });
    if (current !== null) return current;
    const { seq, balances } = await this.past.asOf(accountNo, asOf!);
    return this.json(target.account, { ...newAccount(), seq, units: withoutLots(balances) }, asOf!, unit);
  }

  private json(account: string, state: AccountState, asOf: Moment, unit: string | null): string {
    const balances = unit === null ? this.writer.balances({ state }) : `{"${unit}":${this.balanceOf(state, unit)}}`;
    return `{"account":${JSON.stringify(account)},"seq":${state.seq},"as_of":"${formatMoment(asOf)}","balances":${balances}}`;
  }

  private balanceOf(state: AccountState, unit: string): string {
    const moved = state.units.get(unit);
    return moved === undefined ? NO_CREDITS : this.writer.balance(unit, moved.balance);
  }
}

function withoutLots(balances: ReadonlyMap<string, Balance>): Map<string, UnitState> {
  return new Map([...balances].map(([unit, balance]) => [unit, { balance, lots: [] }]));
}

function notYet(now: string): LedgerError {
  const errors = [{ location: 'query.as_of', message: `is in the future: here it is ${now}` }];
  return new LedgerError('invalid_request', 'as_of is in the future', { errors });
}
