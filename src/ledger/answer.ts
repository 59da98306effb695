import type { IdCodec } from '../ids/id-codec.js';
import { formatAmount, type ScaleOf } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import { LedgerError } from '../shared/ledger-error.js';
import {
  lotNumber,
  lotOf,
  reservationOf,
  type AccountState,
  type Balance,
  type Lot,
  type Reservation,
} from './domain/account.js';
import type { Command } from './domain/command.js';
import type { Entry } from './domain/entry.js';
import { foreseenLines } from './domain/limit-lines.js';
import type { Member } from './domain/member.js';
import type { Accepted, Refusal } from './domain/refusal.js';
import type { Subscription } from './domain/subscription.js';
import { warningsOf, type LimitWarning } from './domain/warnings.js';
import { entryAnswer, metadataJson, type AnsweredAccount } from './entry-answer.js';
import { shortfallAnswer, warningAnswer } from './limit-answer.js';
import { memberAnswer } from './member-answer.js';
import { subscriptionAnswer } from './subscription-answer.js';
import type { AccountView, SubmittedCommand, UnfixedScales } from './submission.js';

/** A spend rarely draws from more. */
const FORESEEN_LOTS = 2;
/** Every account shows this unit, whether or not an entry moved it. */
const DEFAULT_UNIT = 'credits';
export const NO_CREDITS =
  '{"available":"0","held":"0","debt":"0","granted":"0","spent":"0","expired":"0","revoked":"0"}';

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
    const scaleOf = this.scales(unfixed);
    return `,"warnings":${JSON.stringify(warnings.map(warning => warningAnswer(warning, scaleOf)))}`;
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
    const spends = entries.filter(entry => entry.type !== 'grant');
    const touched = spends.map(({ unit }) => ({ unit: unit!, amount: 0n }));
    return this.warnings(warningsOf(state, exceeded, touched, spends[0]?.member ?? null, now));
  }

  /** Notes which ids the answers to these commands will most likely name. */
  foresee(no: number, state: AccountState, commands: readonly SubmittedCommand[]): void {
    const { ids } = this;
    let { seq } = state;
    for (const command of commands) {
      if (command.type === 'reserve') ids.foresee('reservation', no, seq + 1);
      if ('reservation' in command && command.reservation !== null) ids.foresee('reservation', no, command.reservation);
      for (let entries = foreseenEntries(state, command); entries > 0; entries--) ids.foresee('entry', no, ++seq);
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

  entry(account: AnsweredAccount, entry: Entry): string {
    return entryAnswer(account, entry, this.ids, this.scaleOf);
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

  lot(account: AnsweredAccount, lot: Lot): string {
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

  reservation(account: AnsweredAccount, reservation: Reservation): string {
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
  refusal(account: AnsweredAccount, refusal: Refusal, unfixed?: UnfixedScales): LedgerError {
    const details: Record<string, unknown> = {};
    if (refusal.shortfall !== undefined) {
      const scaleOf = this.scales(unfixed);
      details['shortfall'] = refusal.shortfall.map(short => shortfallAnswer(short, scaleOf));
    }
    if (refusal.reservation !== undefined)
      details['reservation'] = JSON.parse(this.reservation(account, refusal.reservation));
    const { retryAfterMs } = refusal;
    const retryAfterSeconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
    return new LedgerError(refusal.code, refusal.message, details, refusal.retryable, { retryAfterSeconds });
  }

  /** Also of units that nobody uses yet. */
  private scales(unfixed: UnfixedScales | undefined): ScaleOf {
    return unfixed === undefined ? this.scaleOf : unit => unfixed.scaleOf(unit) ?? this.scaleOf(unit);
  }

  /** What the command was about, beside entries and balances. */
  private subject(view: AccountView, command: Command, entries: readonly Entry[]): string {
    switch (command.type) {
      case 'grant': {
        const lot = lotOf(view.state, command.unit, lotNumber(entries[0]!.seq, 0));
        return lot === undefined ? '' : `,"lot":${this.lot(view, lot)}`;
      }
      case 'reserve':
        return this.reservationSubject(view, entries.at(-1)!.reservation!);
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
      case 'recognise':
        return '';
      default:
        throw new Error(`unknown command ${JSON.stringify(command satisfies never)}`);
    }
  }

  private reservationSubject(view: AccountView, no: number): string {
    const reservation = reservationOf(view.state, no);
    return reservation === undefined ? '' : `,"reservation":${this.reservation(view, reservation)}`;
  }
}

/** One a line; other commands leave more than one so seldom that it does not matter. */
function foreseenEntries(state: AccountState, command: SubmittedCommand): number {
  switch (command.type) {
    case 'reserve':
    case 'charge':
      return foreseenLines(state, command.lines, command.event);
    case 'commit':
    case 'release':
      return state.holds.get(command.reservation)?.lines.length ?? 1;
    default:
      return 1;
  }
}
