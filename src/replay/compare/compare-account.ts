import { NUMBERS_PER_LOT, SUMS, type AccountRow } from '../../ledger/store/account-row.js';
import { MISSING, momentText, valueText, type Deviation } from './difference.js';
import { same } from './same.js';

/** Names of the twelve numbers of a lot, in their order; the first is the lot's own. */
const LOT_NUMBERS = [
  'no',
  'granted',
  'remaining',
  'held',
  'carried',
  'revoked',
  'created_at',
  'expires_at',
  'priority',
  'category',
  'carried_from',
  'unit',
] as const;

/** What of the stored row is not what the fold says; nothing where they are the same, byte for byte. */
export function compareAccount(expected: AccountRow, found: AccountRow): Deviation[] {
  if (same(expected, found)) return [];
  return [
    ...field('seq', expected.seq, found.seq),
    ...field('created_at', momentText(expected.createdAt), momentText(found.createdAt)),
    ...field('last_effective_at', momentText(expected.lastEffectiveAt), momentText(found.lastEffectiveAt)),
    ...field('frozen', expected.frozen, found.frozen),
    ...field('overdraft_limits', expected.overdraftLimits, found.overdraftLimits),
    ...field('metadata', expected.metadata, found.metadata),
    ...field('units', expected.units, found.units),
    ...compareBalances('accounts', expected, found),
    ...compareLots(expected.lots, found.lots),
    ...field('lot_terms', expected.lotTerms, found.lotTerms),
  ];
}

/** Sum by sum where both have the same units; else their units say enough. */
export function compareBalances(
  place: Deviation['place'],
  expected: Pick<AccountRow, 'units' | 'balances'>,
  found: Pick<AccountRow, 'units' | 'balances'>,
  of = '',
): Deviation[] {
  if (same(expected.balances, found.balances) || !same(expected.units, found.units)) return [];
  if (expected.balances.length !== found.balances.length) {
    return [{ place, field: `${of}balances`, ...texts(expected.balances, found.balances) }];
  }
  const deviations: Deviation[] = [];
  expected.balances.forEach((value, index) => {
    if (value === found.balances[index]) return;
    const unit = expected.units[Math.floor(index / SUMS.length)];
    const sum = SUMS[index % SUMS.length]!;
    deviations.push({ place, field: `${of}${unit}.${sum}`, ...texts(value, found.balances[index]) });
  });
  return deviations;
}

function compareLots(expected: readonly bigint[], found: readonly bigint[]): Deviation[] {
  if (same(expected, found)) return [];
  const [expectedLots, foundLots] = [lotsByNumber(expected), lotsByNumber(found)];
  const deviations: Deviation[] = [];
  for (const [no, numbers] of expectedLots) {
    const others = foundLots.get(no);
    if (others === undefined) {
      deviations.push({ place: 'accounts', field: `lot ${no}`, expected: valueText(numbers), found: MISSING });
      continue;
    }
    LOT_NUMBERS.forEach((name, at) => {
      if (numbers[at] !== others[at]) deviations.push(...field(`lot ${no}.${name}`, numbers[at], others[at]));
    });
  }
  for (const [no, numbers] of foundLots) {
    if (expectedLots.has(no)) continue;
    deviations.push({ place: 'accounts', field: `lot ${no}`, expected: MISSING, found: valueText(numbers) });
  }
  if (deviations.length > 0) return deviations;
  return field('order of lots', [...expectedLots.keys()], [...foundLots.keys()]);
}

function lotsByNumber(numbers: readonly bigint[]): Map<bigint, readonly bigint[]> {
  const lots = new Map<bigint, readonly bigint[]>();
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_LOT) {
    lots.set(numbers[at]!, numbers.slice(at, at + NUMBERS_PER_LOT));
  }
  return lots;
}

function field(name: string, expected: unknown, found: unknown): Deviation[] {
  return same(expected, found) ? [] : [{ place: 'accounts', field: name, ...texts(expected, found) }];
}

function texts(expected: unknown, found: unknown): Pick<Deviation, 'expected' | 'found'> {
  return { expected: valueText(expected), found: valueText(found) };
}
