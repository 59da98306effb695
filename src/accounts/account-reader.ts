import { Injectable } from '@nestjs/common';
import { AnswerWriter } from '../ledger/answer.js';
import { metadataJson } from '../ledger/entry-answer.js';
import type { AccountView, Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { formatAmount } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import { UnitRegistry } from '../units/unit-registry.js';

/** Reads accounts as they are now. One that has no entry yet reads as zeros. */
@Injectable()
export class AccountReader {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly units: UnitRegistry,
  ) {}

  /** The account's JSON. */
  async read(target: Target): Promise<string> {
    const json = await this.writePath.read(target, view => this.accountJson(view));
    if (json !== null) return json;
    // An overdraft limit in a unit that another replica put to use, and that the account has no credits in.
    await this.units.learn();
    return (await this.writePath.read(target, view => this.accountJson(view)))!;
  }

  /** Null where a unit has to be learned first. */
  private accountJson(view: AccountView): string | null {
    const { state } = view;
    const limits: Record<string, string> = {};
    for (const [unit, limit] of [...state.overdraftLimits].sort()) {
      const scale = this.units.scaleOf(unit);
      if (scale === undefined) return null;
      limits[unit] = formatAmount(limit, scale);
    }
    const createdAt = state.seq === 0 ? 'null' : `"${formatMoment(state.createdAt)}"`;
    return (
      `{"account":${JSON.stringify(view.id)},"seq":${state.seq},"frozen":${state.frozen}` +
      `,"overdraft_limits":${JSON.stringify(limits)},"metadata":${metadataJson(state.metadata)}` +
      (state.testClock === null ? '' : `,"test_clock":${JSON.stringify(state.testClock)}`) +
      `,"balances":${this.writer.balances(view)},"created_at":${createdAt}}`
    );
  }
}
