import type { RefundEntry, RefundReservation, Reinstate, Revoke } from '../../src/ledger/domain/command.js';
import { NOWHERE, type Draws } from './draws.js';

export function refundReservation(d: Draws): RefundReservation {
  const commits = d.account.takings.filter(taking => taking.kind === 'commit' && taking.reservation !== null);
  const reservation = d.target.oneIn(6) ? d.reservation() : d.target.pick(commits.toReversed())?.reservation;
  const line = d.target.pick(reservation?.lines ?? []);
  const left = line === undefined ? 0n : line.committed - line.refunded;
  return {
    type: 'refund-reservation',
    reservation: reservation?.no ?? NOWHERE,
    amount: d.terms.oneIn(3) ? null : d.amount([left, left / 2n], 6),
    unit: d.terms.weighted<string | null>([
      [3, line?.unit ?? null],
      [3, null],
      [1, 'tokens'],
    ]),
    reason: null,
  };
}

export function refundEntry(d: Draws): RefundEntry {
  const commits = d.account.takings.filter(taking => taking.kind === 'commit');
  const commit = d.target.oneIn(30) ? undefined : d.target.pick(commits.toReversed());
  const left = commit === undefined ? 0n : commit.amount - commit.undone;
  const wrongPlace = d.target.oneIn(20);
  return {
    type: 'refund-entry',
    entry: commit?.seq ?? 1 + d.target.below(20),
    reservation: wrongPlace ? (d.reservation()?.no ?? NOWHERE) : (commit?.reservation?.no ?? null),
    amount: d.terms.oneIn(3) ? null : d.amount([left, left / 2n], 6),
    reason: null,
  };
}

export function revoke(d: Draws): Revoke {
  const lot = d.target.oneIn(25) ? undefined : d.target.pick(d.account.lots.toReversed());
  const left = lot === undefined ? 0n : lot.granted - lot.revoked;
  return {
    type: 'revoke',
    lot: lot?.no ?? NOWHERE,
    unit: d.target.oneIn(20) ? d.unit() : (lot?.unit ?? 'credits'),
    amount: d.terms.oneIn(4) ? null : d.amount([left, lot?.available ?? 0n], 8),
    reason: null,
  };
}

export function reinstate(d: Draws): Reinstate {
  const revocations = d.account.takings.filter(taking => taking.kind === 'revoke');
  const revocation = d.target.oneIn(20) ? undefined : d.target.pick(revocations.toReversed());
  const left = revocation === undefined ? 0n : revocation.amount - revocation.undone;
  return {
    type: 'reinstate',
    revocation: revocation?.seq ?? 1 + d.target.below(20),
    amount: d.terms.oneIn(3) ? null : d.amount([left], 6),
    reason: null,
  };
}
