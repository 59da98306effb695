import type { Queryable } from './queryable.js';
import { LOTS_PER_ENTRY, type AccountState, type Lot } from '../domain/account.js';
import type { Entry } from '../domain/entry.js';
import { holdersOf } from '../domain/holders.js';
import { rebuildReservation, rebuildSpend, type Missing } from '../domain/recall.js';
import { readHistory, type Ask } from './read-history.js';

/** What one account's commands look back at. */
export interface Recollection {
  readonly accountNo: number;
  readonly state: AccountState;
  readonly missing: Missing;
  /** Receives the entries asked for by their own seq. */
  readonly entries: Map<number, Entry>;
}

/** Fills `state.recalled` of all these accounts, in one query, two where lots were revoked from. */
export async function recall(client: Queryable, recollections: readonly Recollection[]): Promise<void> {
  const asks: Ask[] = [];
  const fills: ((found: Entry[][]) => void)[] = [];
  const revokedLots: { accountNo: number; lot: Lot; revokes: Entry[] }[] = [];
  for (const { accountNo, state, missing, entries } of recollections) {
    const ask = (by: Ask['by'], number: number): number => asks.push({ accountNo, by, number }) - 1;
    for (const no of missing.reservations) {
      const first = ask('seq', no);
      const rest = ask('reservation', no);
      fills.push(found => fillReservation(state, [...found[first]!, ...found[rest]!], no));
    }
    for (const { no } of missing.lots) {
      const maker = ask('seq', Math.floor(no / LOTS_PER_ENTRY));
      const takers = ask('target', no);
      fills.push(found => {
        const lot = exhaustedLot(found[maker]![0], no);
        if (lot === null) return;
        state.recalled.lots.set(no, lot);
        revokedLots.push({ accountNo, lot, revokes: found[takers]!.filter(({ type }) => type === 'revoke') });
      });
    }
    for (const seq of [...missing.charges, ...missing.revocations]) {
      const spend = ask('seq', seq);
      const reversals = ask('target', seq);
      fills.push(found => {
        const entry = found[spend]![0];
        if (entry === undefined) return;
        entries.set(seq, entry);
        fillSpend(state, entry, found[reversals]!);
      });
    }
    for (const seq of missing.freezes) {
      const last = ask('freeze', seq);
      fills.push(found => {
        const entry = found[last]![0];
        if (entry !== undefined) state.recalled.frozenBy = holdersOf(entry);
      });
    }
  }
  const found = await readHistory(client, asks);
  for (const fill of fills) fill(found);
  await countRevoked(client, revokedLots);
}

function fillReservation({ holds, recalled }: AccountState, entries: readonly Entry[], no: number): void {
  const first = entries[0];
  if (first === undefined || first.type !== 'reserve' || first.reservation !== no || first.seq !== no) return;
  const { reservation, spends, announced } = rebuildReservation(entries)!;
  // An open one is in the state already; only its commits were missing.
  if (!holds.has(no)) recalled.reservations.set(no, reservation);
  recalled.spends.set(no, spends);
  recalled.announced.set(no, announced);
}

/** The seq of a refund and the number of a lot may be the same number: the types tell them apart. */
function fillSpend({ recalled }: AccountState, entry: Entry, reversals: readonly Entry[]): void {
  if (entry.type === 'commit' && entry.reservation === null) {
    const refunds = reversals.filter(({ type }) => type === 'refund');
    recalled.charges.set(entry.seq, rebuildSpend(entry, refunds));
  } else if (entry.type === 'revoke') {
    const reinstatements = reversals.filter(({ type }) => type === 'reinstate');
    recalled.revocations.set(entry.seq, { ...rebuildSpend(entry, reinstatements), lot: entry.target! });
  }
}

/**
 * A lot that left the state: nothing remains, nothing is held. What was carried from it does not come back, because
 * credits only ever return to a lot that is not over, and only one that is over has been carried.
 */
function exhaustedLot(maker: Entry | undefined, no: number): Lot | null {
  const terms = maker?.made[no % LOTS_PER_ENTRY];
  if (maker === undefined || terms === undefined) return null;
  const { plan: _, ...lasting } = terms;
  return { ...lasting, no, createdAt: maker.effectiveAt, remaining: 0n, held: 0n, carried: 0n, revoked: 0n };
}

async function countRevoked(
  client: Queryable,
  lots: readonly { accountNo: number; lot: Lot; revokes: readonly Entry[] }[],
): Promise<void> {
  const taken = lots.flatMap(({ accountNo, lot, revokes }) => revokes.map(revoke => ({ accountNo, lot, revoke })));
  const asks = taken.map(({ accountNo, revoke }): Ask => ({ accountNo, by: 'target', number: revoke.seq }));
  const reversals = await readHistory(client, asks);
  taken.forEach(({ lot, revoke }, i) => {
    const reinstatements = reversals[i]!.filter(({ type }) => type === 'reinstate');
    lot.revoked += revoke.amount - reinstatements.reduce((sum, { amount }) => sum + amount, 0n);
  });
}
