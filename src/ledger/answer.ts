import type { IdCodec } from '../ids/id-codec.js';
import { formatAmount } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import { LedgerError, type ErrorDetails } from '../shared/ledger-error.js';
import {
  lotNumber,
  lotOf,
  reservationOf,
  type AccountState,
  type Balance,
  type Lot,
  type Metadata,
  type Moment,
  type Reservation,
} from './domain/account.js';
import type { Command } from './domain/command.js';
import type { Deltas, Entry } from './domain/entry.js';
import type { PricedEvent } from './domain/priced-event.js';
import type { Member } from './domain/member.js';
import type { Accepted, Refusal, Shortfall } from './domain/refusal.js';
import type { Subscription } from './domain/subscription.js';
import { warningsOf, type LimitWarning } from './domain/warnings.js';
import { memberAnswer } from './member-answer.js';
import { subscriptionAnswer } from './subscription-answer.js';
import type { AccountView, SubmittedCommand, UnfixedScales } from './submission.js';

/** A spend rarely draws from more. */
const FORESEEN_LOTS = 2;
/** Every account shows this unit, whether or not an entry moved it. */
const DEFAULT_UNIT = 'credits';
export const NO_CREDITS =
  '{"available":"0","held":"0","debt":"0","granted":"0","spent":"0","expired":"0","revoked":"0"}';

/** Digits after the point of a unit in use; they never change. */
export type ScaleOf = (unit: string) => number;

/** Who an account is, for ids and answers. */
export type AccountName = Pick<AccountView, 'no' | 'id'>;

/**
 * The JSON of openapi.json, written by hand because it is written for every command: JSON.stringify of the same
 * object takes three times as long. Amounts become decimals here, numbers become ids; nothing else knows either.
 */
export class AnswerWriter {
  constructor(
    private readonly ids: IdCodec,
    private readonly scaleOf: ScaleOf,
  ) {}

  /** What a mutation answers. `entries` are the command's own, already evolved into the view's state. */
  mutation(view: AccountView, command: Command, { entries, exceeded }: Pick<Accepted, 'entries' | 'exceeded'>): string {
    const { state } = view;
    let json = `{"account":${JSON.stringify(view.id)},"seq":${state.seq},"entries":[`;
    for (let i = 0; i < entries.length; i++) json += (i === 0 ? '' : ',') + this.entry(view, entries[i]!);
    json += `],"balances":${this.balances(view)}`;
    return `${json}${this.subject(view, command, entries)}${this.exceededBy(view, command, entries, exceeded)}}`;
  }

  /** Soft limits and budgets that a spend exceeds, or would: a member of an answer, or nothing. */
  warnings(warnings: readonly LimitWarning[], unfixed?: UnfixedScales): string {
    if (warnings.length === 0) return '';
    const told = warnings.map(({ limit, unit, used, cap, resetsAt, member }) => {
      const scale = unfixed?.scaleOf(unit) ?? this.scaleOf(unit);
      return {
        limit,
        unit,
        used: formatAmount(used, scale),
        cap: formatAmount(cap, scale),
        ...(resetsAt === null ? {} : { resets_at: formatMoment(resetsAt) }),
        ...(member === null ? {} : { member }),
      };
    });
    return `,"warnings":${JSON.stringify(told)}`;
  }

  private exceededBy(
    { state, now }: AccountView,
    { type }: Command,
    entries: readonly Entry[],
    exceeded: readonly string[],
  ): string {
    if (exceeded.length === 0 && state.members.size === 0) return '';
    if (type !== 'reserve' && type !== 'charge' && type !== 'commit' && type !== 'extend') return '';
    // What they did is counted already.
    const touched = entries.map(({ unit }) => ({ unit: unit!, amount: 0n }));
    return this.warnings(warningsOf(state, exceeded, touched, entries[0]?.member ?? null, now));
  }

  /** Notes which ids the answers to these commands will most likely name. */
  foresee(no: number, state: AccountState, commands: readonly SubmittedCommand[]): void {
    const { ids } = this;
    let { seq } = state;
    for (const command of commands) {
      ids.foresee('entry', no, ++seq);
      if (command.type === 'reserve') ids.foresee('reservation', no, seq);
      if ('reservation' in command && command.reservation !== null) ids.foresee('reservation', no, command.reservation);
    }
    for (const { lots } of state.units.values()) {
      for (let i = 0; i < lots.length && i < FORESEEN_LOTS; i++) ids.foresee('lot', no, lots[i]!.no);
    }
  }

  /** To be called once all is foreseen. */
  prepare(): void {
    this.ids.makeForeseen();
  }

  entryId(accountNo: number, seq: number): string {
    return this.ids.encode('entry', accountNo, seq);
  }

  entry(account: AccountName, entry: Entry): string {
    const { unit } = entry;
    let json = `{"id":"${this.ids.encode('entry', account.no, entry.seq)}","account":${JSON.stringify(account.id)},"seq":${entry.seq},"type":"${entry.type}"`;
    if (unit !== null) {
      const scale = this.scaleOf(unit);
      json += `,"unit":"${unit}","amount":"${formatAmount(entry.amount, scale)}","deltas":${deltasJson(entry.deltas, scale)},"lots":[${this.lotShares(account, entry, scale)}]`;
    }
    if (entry.reservation !== null)
      json += `,"reservation":"${this.ids.encode('reservation', account.no, entry.reservation)}"`;
    if (entry.target !== null && (entry.type === 'refund' || entry.type === 'reinstate')) {
      json += `,"refunds":"${this.ids.encode('entry', account.no, entry.target)}"`;
    }
    const subscription = subscriptionOf(entry);
    if (subscription !== undefined) json += `,"subscription":${JSON.stringify(subscription)}`;
    if (entry.reason !== null) json += `,"reason":${JSON.stringify(entry.reason)}`;
    if (entry.member !== null) json += `,"member":${JSON.stringify(entry.member)}`;
    if (entry.metadata !== null) json += `,"metadata":${metadataJson(entry.metadata)}`;
    if (entry.event !== null) json += `,"event":${this.event(entry.event)}`;
    if (entry.providerCost !== null) {
      const { amount, currency } = entry.providerCost;
      json += `,"provider_cost":{"amount":"${amount}","currency":"${currency}"}`;
    }
    return `${json},"effective_at":"${formatMoment(entry.effectiveAt)}","recorded_at":"${formatMoment(entry.recordedAt)}"}`;
  }

  private event({ meter, quantity, properties, card, version, lines }: PricedEvent): string {
    const priced = lines.map(({ unit, amount }) => ({ unit, amount: formatAmount(amount, this.scaleOf(unit)) }));
    return JSON.stringify({
      meter,
      quantity: inOrder(quantity),
      properties: inOrder(properties),
      card,
      version,
      lines: priced,
    });
  }

  /** By unit, every unit with an entry and always `credits`. */
  balances({ state }: Pick<AccountView, 'state'>): string {
    let json = '';
    for (const [unit, { balance }] of state.units)
      json += `${json === '' ? '' : ','}"${unit}":${this.balance(unit, balance)}`;
    if (!state.units.has(DEFAULT_UNIT)) {
      json = `"${DEFAULT_UNIT}":${NO_CREDITS}${json === '' ? '' : ','}${json}`;
    }
    return `{${json}}`;
  }

  balance(unit: string, { available, held, debt, granted, spent, expired, revoked }: Balance): string {
    const scale = this.scaleOf(unit);
    return (
      `{"available":"${formatAmount(available, scale)}","held":"${formatAmount(held, scale)}"` +
      `,"debt":"${formatAmount(debt, scale)}","granted":"${formatAmount(granted, scale)}"` +
      `,"spent":"${formatAmount(spent, scale)}","expired":"${formatAmount(expired, scale)}"` +
      `,"revoked":"${formatAmount(revoked, scale)}"}`
    );
  }

  lot(account: AccountName, lot: Lot): string {
    const scale = this.scaleOf(lot.unit);
    let json =
      `{"id":"${this.ids.encode('lot', account.no, lot.no)}","unit":"${lot.unit}","category":"${lot.category}"` +
      `,"priority":${lot.priority},"granted":"${formatAmount(lot.granted, scale)}"` +
      `,"remaining":"${formatAmount(lot.remaining, scale)}","held":"${formatAmount(lot.held, scale)}"` +
      `,"expires_at":${lot.expiresAt === null ? 'null' : `"${formatMoment(lot.expiresAt)}"`}`;
    if (lot.appliesTo !== null) json += `,"applies_to":${JSON.stringify(lot.appliesTo)}`;
    if (lot.cost !== null) json += `,"cost":${JSON.stringify(lot.cost)}`;
    return `${json},"created_at":"${formatMoment(lot.createdAt)}"}`;
  }

  reservation(account: AccountName, reservation: Reservation): string {
    let lines = '';
    for (const { unit, reserved, committed, released, refunded } of reservation.lines) {
      const scale = this.scaleOf(unit);
      lines +=
        `${lines === '' ? '' : ','}{"unit":"${unit}","reserved":"${formatAmount(reserved, scale)}"` +
        `,"committed":"${formatAmount(committed, scale)}","released":"${formatAmount(released, scale)}"` +
        `,"refunded":"${formatAmount(refunded, scale)}"}`;
    }
    let json =
      `{"id":"${this.ids.encode('reservation', account.no, reservation.no)}","account":${JSON.stringify(account.id)}` +
      `,"status":"${reservation.status}","lines":[${lines}],"expires_at":"${formatMoment(reservation.expiresAt)}"` +
      `,"overage":"${reservation.overage}","late":"${reservation.late}"`;
    if (reservation.member !== null) json += `,"member":${JSON.stringify(reservation.member)}`;
    if (reservation.metadata !== null) json += `,"metadata":${metadataJson(reservation.metadata)}`;
    return `${json},"created_at":"${formatMoment(reservation.createdAt)}"}`;
  }

  subscription({ state, now }: AccountView, subscription: Subscription): object {
    return subscriptionAnswer(state, subscription, now, this.scaleOf);
  }

  member({ state, now }: AccountView, member: Member): object {
    return memberAnswer(state, member, now, this.scaleOf);
  }

  /** A domain refusal as the caller hears it; it may be about units that nobody uses yet. */
  refusal(account: AccountName, refusal: Refusal, unfixed?: UnfixedScales): LedgerError {
    const details: Record<string, unknown> = {};
    if (refusal.shortfall !== undefined) {
      details['shortfall'] = refusal.shortfall.map(short => this.shortfall(short, unfixed));
    }
    if (refusal.reservation !== undefined)
      details['reservation'] = JSON.parse(this.reservation(account, refusal.reservation));
    const { retryAfterMs } = refusal;
    const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
    return new LedgerError(refusal.code, refusal.message, details, refusal.retryable, { retryAfterSeconds });
  }

  private shortfall(short: Shortfall, unfixed: UnfixedScales | undefined): ErrorDetails {
    const { unit, required, available, held, openReservations, nextReleaseAt, limit, member } = short;
    const scale = unfixed?.scaleOf(unit) ?? this.scaleOf(unit);
    return {
      unit,
      required: formatAmount(required, scale),
      available: formatAmount(available, scale),
      held: formatAmount(held, scale),
      open_reservations: openReservations,
      ...(nextReleaseAt === null ? {} : { next_release_at: formatMoment(nextReleaseAt) }),
      ...(limit === null ? {} : { used: formatAmount(limit.used, scale), cap: formatAmount(limit.cap, scale) }),
      ...(limit === null || limit.resetsAt === null ? {} : { resets_at: formatMoment(limit.resetsAt) }),
      ...(limit === null ? {} : { limit: member === undefined ? 'plan' : 'budget' }),
      ...(member === undefined ? {} : { member }),
    };
  }

  moment(at: Moment): string {
    return formatMoment(at);
  }

  /** What the command was about, beside entries and balances. */
  private subject(view: AccountView, command: Command, entries: readonly Entry[]): string {
    switch (command.type) {
      case 'grant': {
        const lot = lotOf(view.state, command.unit, lotNumber(entries[0]!.seq, 0));
        return lot === undefined ? '' : `,"lot":${this.lot(view, lot)}`;
      }
      case 'reserve':
        return this.reservationSubject(view, entries[0]!.seq);
      case 'commit':
      case 'release':
      case 'extend':
        return this.reservationSubject(view, command.reservation);
      case 'subscribe':
      case 'cancel': {
        const subscription = view.state.subscriptions.get(command.subscription);
        return subscription === undefined
          ? ''
          : `,"subscription":${JSON.stringify(this.subscription(view, subscription))}`;
      }
      case 'set-member': {
        const member = view.state.members.get(command.member)!;
        return `,"member":${JSON.stringify(this.member(view, member))}`;
      }
      case 'remove-member':
      case 'refund-reservation':
      case 'refund-entry':
      case 'charge':
      case 'revoke':
      case 'reinstate':
      case 'configure':
      case 'freeze':
      case 'unfreeze':
        return '';
      default:
        throw new Error(`unknown command ${JSON.stringify(command satisfies never)}`);
    }
  }

  private reservationSubject(view: AccountView, no: number): string {
    const reservation = reservationOf(view.state, no);
    return reservation === undefined ? '' : `,"reservation":${this.reservation(view, reservation)}`;
  }

  /** What each lot bears of the amount; a lot the entry makes shows what it got. */
  private lotShares(account: AccountName, entry: Entry, scale: number): string {
    let json = '';
    for (const { lot, amount, remaining } of entry.lots) {
      const share = amount === 0n && lot >= lotNumber(entry.seq, 0) ? remaining : amount;
      if (share === 0n) continue;
      json += `${json === '' ? '' : ','}{"lot":"${this.ids.encode('lot', account.no, lot)}","amount":"${formatAmount(share, scale)}"}`;
    }
    return json;
  }
}

/** Which one the entry changes, or gives credits of. */
function subscriptionOf({ type, subscription, made }: Entry): string | undefined {
  if (subscription !== null) return subscription.id;
  return type === 'grant' ? made[0]?.plan?.subscription : undefined;
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

/** In the order of the names, whatever order they came in: PostgreSQL does not keep it, and every replica answers alike. */
export function metadataJson(metadata: Metadata): string {
  return JSON.stringify(inOrder(metadata));
}

function inOrder<T>(names: T): T {
  if (typeof names !== 'object') return names;
  return Object.fromEntries(Object.entries(names as object).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
