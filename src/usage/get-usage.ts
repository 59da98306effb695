import { isDeepStrictEqual } from 'node:util';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import type { Moment } from '../ledger/domain/account.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { formatAmount } from '../shared/amount.js';
import { LedgerError } from '../shared/ledger-error.js';
import { pageOf, type Page } from '../shared/page.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { readDimensions, readUsage, type UsagePlace, type UsageQuestion, type UsedByGroup } from './read-usage.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_DAYS = 366;

export interface UsageFilter {
  /** Days in UTC, both inclusive; null for the last thirty, up to today. */
  readonly from: string | null;
  readonly to: string | null;
  readonly unit: string | null;
  /** `day`, `member`, or names of properties. */
  readonly groupBy: readonly string[];
}

/** What an account spent and got back, by unit and whatever it is grouped by. */
export class GetUsage extends Query<Page> {
  constructor(
    readonly target: Target,
    readonly filter: UsageFilter,
    /** What the page before ended with. */
    readonly after: UsagePlace | null,
    readonly limit: number,
  ) {
    super();
  }
}

@QueryHandler(GetUsage)
export class GetUsageHandler implements IQueryHandler<GetUsage> {
  constructor(
    private readonly writePath: WritePath,
    private readonly units: UnitRegistry,
    private readonly pool: Pool,
    private readonly configured: readonly string[],
  ) {}

  async execute({ target, filter, after, limit }: GetUsage): Promise<Page> {
    if (filter.unit !== null) await this.units.find(filter.unit);
    const { no, seq, now } = await this.writePath.read(target, view => {
      return { no: view.no, seq: view.state.seq, now: view.now };
    });
    const days = daysOf(filter, now);
    const byDay = filter.groupBy.includes('day');
    const dimensions = filter.groupBy.filter(name => name !== 'day');
    const question = { accountNo: no, ...days, unit: filter.unit, byDay, dimensions };
    const used = await this.read(question, seq, after, limit + 1);
    if (used.some(({ unit }) => this.units.scaleOf(unit) === undefined)) await this.units.learn();
    const item = (each: UsedByGroup) => this.json(each, dimensions);
    return pageOf(used, limit, item, ({ day, unit, group }) => JSON.stringify([day, unit, group]));
  }

  /** Asks again where a rebuild has put other tables in place between the two questions. */
  private async read(
    question: UsageQuestion,
    seq: number,
    after: UsagePlace | null,
    limit: number,
  ): Promise<UsedByGroup[]> {
    for (let known = await readDimensions(this.pool, this.configured); ;) {
      refuseOthers(question.dimensions, known);
      const used = await readUsage(this.pool, question, seq, known, after, limit);
      const still = await readDimensions(this.pool, this.configured);
      if (isDeepStrictEqual(known, still)) return used;
      known = still;
    }
  }

  private json({ day, unit, group, commits, committed, refunded }: UsedByGroup, dimensions: readonly string[]): string {
    const scale = this.units.scaleOf(unit)!;
    const [spent, back] = [BigInt(committed), BigInt(refunded)];
    return JSON.stringify({
      ...(day !== null && { day }),
      unit,
      group: Object.fromEntries(dimensions.map((name, i) => [name, group[i] ?? null])),
      commits: Number(commits),
      committed: formatAmount(spent, scale),
      refunded: formatAmount(back, scale),
      net: formatAmount(spent - back, scale),
    });
  }
}

/** @throws LedgerError invalid_request */
function daysOf({ from, to }: UsageFilter, now: Moment): { from: string; to: string } {
  const last = to === null ? Math.floor(now / DAY_MS) * DAY_MS : Date.parse(to);
  const first = from === null ? last - (DEFAULT_DAYS - 1) * DAY_MS : Date.parse(from);
  if (first > last) throw wrong('from', 'is after to');
  if (last - first >= MOST_DAYS * DAY_MS) throw wrong('from', `is more than ${MOST_DAYS} days before to`);
  return { from: dayText(first), to: dayText(last) };
}

function dayText(at: Moment): string {
  return new Date(at).toISOString().slice(0, 'yyyy-mm-dd'.length);
}

/** @throws LedgerError invalid_request */
function refuseOthers(asked: readonly string[], known: readonly string[]): void {
  const other = asked.find(name => !known.includes(name));
  if (other !== undefined)
    throw wrong('group_by', `has ${JSON.stringify(other)}: it takes ${['day', ...known].join(', ')}`);
}

function wrong(parameter: string, message: string): LedgerError {
  const errors = [{ location: `query.${parameter}`, message }];
  return new LedgerError('invalid_request', `${parameter} ${message}`, { errors });
}
