import type { PlanLimit, PlanTerms } from '../src/ledger/domain/plan-terms.js';
import { AccountCards, DEFAULT_CARD } from '../src/rates/account-cards.js';
import type { CardDefinition } from '../src/rates/card-definition.js';
import { CardsInEffect } from '../src/rates/cards-in-effect.js';
import { Pricing } from '../src/rates/pricing.js';
import { RateCards } from '../src/rates/rate-cards.js';
import { ReservationEvents } from '../src/rates/reservation-events.js';
import { StoredCards } from '../src/rates/stored-cards.js';
import { reservationIn } from './callers.js';
import { LIMITS, type Contestant, type Once } from './contestant.js';
import { Ours, SEEDED_AT_ONCE } from './ours.js';

const METER = 'llm_tokens';
const PROPERTIES = { model: 'large-2', feature: 'chat' };
/** Far more than any run counts. */
const NEVER_REACHED = 500_000_000_000_000n;
const PART = 'body';

/** Calls a day and tokens a month, as a plan would bound them. */
const PLAN_LIMITS: readonly PlanLimit[] = [
  limit(LIMITS[0], 'events', { every: 'day', count: 1, anchor: 'calendar', timeZone: 'UTC' }),
  limit(LIMITS[1], 'quantity', { every: 'month', count: 1, anchor: 'subscription' }),
];

const TERMS: PlanTerms = {
  plan: 'bench',
  version: 1,
  paid: false,
  renewalGraceMs: 0,
  grants: [{ unit: 'credits', allowance: false, amount: NEVER_REACHED, priority: 30, rollover: null, appliesTo: null }],
  trial: null,
  limits: PLAN_LIMITS,
  period: { every: 'month', count: 1, anchor: 'subscription' },
  arrears: [],
  rateCard: null,
  fallback: null,
};

/** One base unit of credits a token, so that amounts are those of the other contestants. */
const CARD: CardDefinition = {
  rounding: 'up',
  meters: {
    [METER]: {
      charges: [
        {
          unit: 'credits',
          per: '1000000',
          prices: [
            { match: { model: 'small*' }, rate: '0.25' },
            { match: { model: '*' }, rate: '1' },
          ],
        },
      ],
    },
  },
};

/**
 * Ours as a product with plans uses it: every account is on a plan with two limits, every event is priced by a rate card and
 * counts against both. A reserve and a commit have three lines each, one of credits and one a limit.
 */
export class OursOnPlans implements Contestant {
  private constructor(
    private readonly ours: Ours,
    private readonly cards: RateCards,
    private readonly pricing: Pricing,
    private readonly events: ReservationEvents,
  ) {}

  static async open(databaseUrl: string, lanes: number): Promise<OursOnPlans> {
    const ours = await Ours.open(databaseUrl, lanes);
    const { pool, units, writePath } = ours;
    const stored = new StoredCards(pool);
    const cards = new RateCards(stored, new CardsInEffect(stored), units);
    const pricing = new Pricing(cards, units, new AccountCards(writePath));
    return new OursOnPlans(ours, cards, pricing, new ReservationEvents(pool));
  }

  async reserve(account: string, amount: bigint, once: Once): Promise<Buffer> {
    const target = { mode: 'live', account } as const;
    const given = { meter: METER, quantity: String(amount), properties: PROPERTIES };
    const event = await this.pricing.priceNow(target, given, PART);
    const body = await this.ours.reserveLines(account, event.lines, once, event);
    this.events.remember(reservationIn(body), 'live', event);
    return body;
  }

  async commit(reservation: string, amount: bigint, once: Once): Promise<Buffer> {
    const target = this.ours.targetOf(reservation);
    const agreed = await this.events.find(reservation, target, target.number);
    if (agreed === null) throw new Error(`${reservation} was not made by event`);
    const event = await this.pricing.priceAgreed(agreed, String(amount), {}, PART);
    return this.ours.commitLines(target, event.lines, once, event);
  }

  close(): Promise<void> {
    return this.ours.close();
  }

  /** Every account has what those of the other contestants have, and is on the plan. */
  static async seed(databaseUrl: string, accounts: readonly string[]): Promise<void> {
    const seeder = await OursOnPlans.open(databaseUrl, 1);
    await seeder.ours.grant(accounts);
    await seeder.publish();
    for (let at = 0; at < accounts.length; at += SEEDED_AT_ONCE) {
      await Promise.all(accounts.slice(at, at + SEEDED_AT_ONCE).map(account => seeder.subscribe(account)));
    }
    await seeder.close();
  }

  private async publish(): Promise<void> {
    for (const { unit, scale } of PLAN_LIMITS) {
      await this.ours.units.define(unit, 'allowance', scale);
      await this.ours.units.putToUse({ unit, scale });
    }
    await this.cards.publish(DEFAULT_CARD, CARD, null);
  }

  private async subscribe(account: string): Promise<void> {
    await this.ours.writePath.execute({
      target: { mode: 'live', account },
      command: {
        type: 'subscribe',
        subscription: 'sub_bench',
        terms: TERMS,
        archived: false,
        start: null,
        end: null,
        when: 'now',
        policy: 'keep',
        trial: false,
        cancelAtEnd: null,
        overrides: null,
        seen: false,
        tried: false,
      },
      once: null,
      fact: null,
    });
  }
}

function limit(unit: string, counts: PlanLimit['counts'], window: PlanLimit['window']): PlanLimit {
  return { unit, amount: NEVER_REACHED, scale: 0, window, soft: false, match: [{ meters: [METER] }], counts };
}
