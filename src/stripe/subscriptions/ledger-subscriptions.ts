import type { Recognise, Subscribe } from '../../ledger/domain/command.js';
import type { Cost } from '../../ledger/domain/cost.js';
import type { Target } from '../../ledger/submission.js';
import type { WritePath } from '../../ledger/write-path.js';
import type { PlanCatalogue } from '../../plans/plan-catalogue.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { HadSubscription } from './next-changes.js';

/** What of a command is not as it is for most. */
export type Particular = Partial<
  Pick<Subscribe, 'start' | 'end' | 'trial' | 'cancelAtEnd' | 'overrides' | 'grows' | 'seen' | 'cost'>
>;

/** What the ledger has of an item, and until where it is paid for. */
export type Had = HadSubscription & { readonly latestStart: number; readonly plannedStart: number | null };

/** Its first entry; null where there was nothing to do; `known` where its fact was recorded before. */
export type Outcome = number | null | 'known';

/** Subscriptions as the ledger has them, and the commands that bring them to where Stripe is. */
export class LedgerSubscriptions {
  constructor(
    private readonly writePath: WritePath,
    private readonly catalogue: PlanCatalogue,
  ) {}

  had(target: Target, ledgerId: string): Promise<Had | undefined> {
    return this.writePath.read(target, ({ state }) => {
      const found = state.subscriptions.get(ledgerId);
      if (found === undefined) return undefined;
      const { terms, status, period, cancelAtEnd, next } = found;
      const plannedStart = next?.period?.start ?? null;
      const latestStart = plannedStart ?? period.start;
      return { plan: terms.plan, status, periodStart: period.start, cancelAtEnd, latestStart, plannedStart };
    });
  }

  now(target: Target): Promise<number> {
    return this.writePath.read(target, view => view.now);
  }

  /** What one of the plan gives, by unit, to who subscribes now. */
  async eachGives(plan: string): Promise<Map<string, bigint>> {
    const { terms } = await this.catalogue.offer(plan);
    return new Map(terms.grants.map(({ unit, amount }) => [unit, amount]));
  }

  async hasTrial(plan: string): Promise<boolean> {
    return (await this.catalogue.offer(plan)).terms.trial !== null;
  }

  async end(target: Target, subscription: string): Promise<void> {
    const command = { type: 'cancel', subscription, when: 'now' } as const;
    await this.writePath.execute({ target, command, once: null, fact: null });
  }

  /** Books money without credits, once. @throws LedgerError invalid_request where the subscription goes on */
  async recognise(target: Target, subscription: string, paid: Cost, fact: string, reason: string): Promise<Outcome> {
    return this.execute(target, { type: 'recognise', subscription, paid, reason }, fact);
  }

  /**
   * What is paid for is given, also of a plan that takes no new subscriptions any more.
   * @param fact under which it takes effect once; null where it follows from what the ledger has
   */
  async subscribe(
    target: Target,
    subscription: string,
    plan: string,
    fact: string | null,
    more: Particular,
  ): Promise<Outcome> {
    const { terms } = await this.catalogue.offer(plan);
    const command = {
      type: 'subscribe',
      subscription,
      terms,
      archived: false,
      start: null,
      end: null,
      when: 'now',
      policy: 'prorate',
      trial: false,
      cancelAtEnd: null,
      overrides: null,
      seen: true,
      tried: false,
      ...more,
    } as const;
    return this.execute(target, command, fact);
  }

  private async execute(target: Target, command: Subscribe | Recognise, fact: string | null): Promise<Outcome> {
    try {
      const { body } = await this.writePath.execute({ target, command, once: null, fact });
      const { entries } = JSON.parse(body.toString('utf8')) as { entries: readonly { seq: number }[] };
      return entries[0]?.seq ?? null;
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'fact_already_recorded') return 'known';
      throw error;
    }
  }
}
