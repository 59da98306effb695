import type { Caller } from '../client/caller.js';
import { ONE_CREDIT } from '../history/amounts.js';
import { grant, type GrantTerms } from '../history/operation.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Every so many accounts, one gets less than its requests will need, so that refusals happen. */
const SHORT_EVERY = 4;
const SHORT_PERCENT = 60n;
const AMPLE_PERCENT = 130n;
/** Room for holds, which are larger than what is spent. */
const ROOM_FOR_HOLDS = 100n * ONE_CREDIT;
/** The finest amount the default unit has, in billionths. */
const FINEST = 1000n;

export function isShort(account: number): boolean {
  return account % SHORT_EVERY === SHORT_EVERY - 1;
}

/** Grants an account what its requests will cost, in several lots that burn in different orders. */
export async function fundAccount(
  caller: Caller,
  account: string,
  key: string,
  need: bigint,
  short: boolean,
): Promise<void> {
  const total = short ? (need * SHORT_PERCENT) / 100n : (need * AMPLE_PERCENT) / 100n + ROOM_FOR_HOLDS;
  const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
  const lots: [percent: bigint, terms: GrantTerms][] = [
    [20n, { category: 'included', expires_at: inDays(30) }],
    [10n, { category: 'promotional', priority: 10, expires_at: inDays(7) }],
    [30n, { category: 'paid', cost: { amount: '19.99', currency: 'usd' } }],
    [40n, { category: 'paid', cost: { amount: '49', currency: 'usd' } }],
  ];
  for (const [index, [percent, terms]] of lots.entries()) {
    const amount = ((total * percent) / 100n / FINEST) * FINEST;
    if (amount === 0n) continue;
    const outcome = await caller.call(grant(`${key}-grant-${index}`, account, amount, terms));
    if (outcome.kind === 'refused') throw new Error(`a grant was refused: ${outcome.status} ${outcome.problem.code}`);
  }
}
