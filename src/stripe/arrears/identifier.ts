import type { IdCodec } from '../../ids/id-codec.js';
import type { ReportPlace } from './stored-reports.js';

const SHAPE = /^(ent_[A-Za-z0-9_-]{22})(?:\.([1-9][0-9]{0,3}))?$/;

/** What Stripe knows a report by: the entry's id, with a number behind it where the entry has several. */
export function identifierOf(ids: IdCodec, { accountNo, seq, place }: ReportPlace): string {
  const entry = ids.encode('entry', accountNo, seq);
  return place === 0 ? entry : `${entry}.${place}`;
}

/** Null where it is none of ours. */
export function placeOf(ids: IdCodec, identifier: string): ReportPlace | null {
  const [, entry, place = '0'] = SHAPE.exec(identifier) ?? [];
  const found = entry === undefined ? null : ids.decode('entry', entry);
  return found === null ? null : { accountNo: found.accountNo, seq: found.number, place: Number(place) };
}
