import type { IdCodec } from '../ids/id-codec.js';
import { formatAmount, type ScaleOf } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import { lotNumber, type Metadata } from './domain/account.js';
import type { Deltas, Entry } from './domain/entry.js';
import type { PricedEvent } from './domain/priced-event.js';
import type { AccountView } from './submission.js';

/** Who an account is, for ids and answers. */
export type AnsweredAccount = Pick<AccountView, 'no' | 'id'>;

/** An entry as callers see it, as JSON written by hand: one or more for every command. */
export function entryAnswer(account: AnsweredAccount, entry: Entry, ids: IdCodec, scaleOf: ScaleOf): string {
  const { unit } = entry;
  let json = `{"id":"${ids.encode('entry', account.no, entry.seq)}","account":${JSON.stringify(account.id)},"seq":${entry.seq},"type":"${entry.type}"`;
  if (unit !== null) {
    const scale = scaleOf(unit);
    json += `,"unit":"${unit}","amount":"${formatAmount(entry.amount, scale)}","deltas":${deltasJson(entry.deltas, scale)},"lots":[${lotShares(account, entry, ids, scale)}]`;
  }
  if (entry.reservation !== null)
    json += `,"reservation":"${ids.encode('reservation', account.no, entry.reservation)}"`;
  if (entry.target !== null && (entry.type === 'refund' || entry.type === 'reinstate')) {
    json += `,"refunds":"${ids.encode('entry', account.no, entry.target)}"`;
  }
  const subscription = subscriptionOf(entry);
  if (subscription !== undefined) json += `,"subscription":${JSON.stringify(subscription)}`;
  if (entry.reason !== null) json += `,"reason":${JSON.stringify(entry.reason)}`;
  if (entry.member !== null) json += `,"member":${JSON.stringify(entry.member)}`;
  if (entry.metadata !== null) json += `,"metadata":${metadataJson(entry.metadata)}`;
  if (entry.event !== null) json += `,"event":${eventJson(entry.event, scaleOf)}`;
  if (entry.providerCost !== null) {
    const { amount, currency } = entry.providerCost;
    json += `,"provider_cost":{"amount":"${amount}","currency":"${currency}"}`;
  }
  return `${json},"effective_at":"${formatMoment(entry.effectiveAt)}","recorded_at":"${formatMoment(entry.recordedAt)}"}`;
}

/** In the order of the names, whatever order they came in: PostgreSQL does not keep it, and every replica answers alike. */
export function metadataJson(metadata: Metadata): string {
  return JSON.stringify(inOrder(metadata));
}

/** What each lot bears of the amount; a lot the entry makes shows what it got. */
function lotShares(account: AnsweredAccount, entry: Entry, ids: IdCodec, scale: number): string {
  let json = '';
  for (const { lot, amount, remaining } of entry.lots) {
    const share = amount === 0n && lot >= lotNumber(entry.seq, 0) ? remaining : amount;
    if (share === 0n) continue;
    json += `${json === '' ? '' : ','}{"lot":"${ids.encode('lot', account.no, lot)}","amount":"${formatAmount(share, scale)}"}`;
  }
  return json;
}

/** Only what moves; the others are zero. */
function deltasJson(deltas: Deltas, scale: number): string {
  let json = '';
  const add = (name: keyof Deltas): void => {
    if (deltas[name] !== 0n) json += `${json === '' ? '' : ','}"${name}":"${formatAmount(deltas[name], scale)}"`;
  };
  add('granted');
  add('available');
  add('held');
  add('spent');
  add('expired');
  add('revoked');
  add('debt');
  return `{${json}}`;
}

function eventJson({ meter, quantity, properties, card, version, lines }: PricedEvent, scaleOf: ScaleOf): string {
  const priced = lines.map(({ unit, amount }) => ({ unit, amount: formatAmount(amount, scaleOf(unit)) }));
  return JSON.stringify({
    meter,
    quantity: inOrder(quantity),
    properties: inOrder(properties),
    card,
    version,
    lines: priced,
  });
}

/** Which one the entry changes, or gives credits of. */
function subscriptionOf({ type, subscription, made }: Entry): string | undefined {
  if (subscription !== null) return subscription.id;
  return type === 'grant' ? made[0]?.plan?.subscription : undefined;
}

function inOrder<T>(names: T): T {
  if (typeof names !== 'object') return names;
  return Object.fromEntries(Object.entries(names as object).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
