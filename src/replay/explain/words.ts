import type { LotTerms, Moment } from '../../ledger/domain/account.js';
import type { Entry } from '../../ledger/domain/entry.js';
import type { BudgetWindow } from '../../ledger/domain/member.js';
import type { LotStep, Step } from './statement.js';

/** How amounts and reservations are written for the reader; the domain knows neither scales nor ids. */
export interface Wording {
  amount(baseUnits: bigint, unit: string): string;
  reservation(no: number): string;
}

/** `2026-11-21 09:14:02 UTC`: unambiguous for support and customer alike, wherever they are. */
export function timeInWords(at: Moment): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** What happened, in a sentence or two that need no glossary; without a closing stop. */
export function stepInWords({ entry }: Step, wording: Wording): string {
  const what = `${sentence(entry, wording)}${priced(entry)}`;
  const also = sideEffects(entry, wording);
  const because = entry.reason === null ? '' : ` (reason: "${entry.reason}")`;
  return [`${what}${because}`, ...also].join('; ');
}

/** One line for each lot that the entry drew from or gave to. */
export function lotsInWords({ entry, lots }: Step, wording: Wording): string[] {
  const { unit } = entry;
  return unit === null ? [] : lots.map(lot => lotInWords(lot, unit, wording)).filter(line => line !== '');
}

/** `paid credits (no expiry)` or `promotional credits (expire 2026-11-30 00:00:00 UTC)`. */
function lotName({ category, expiresAt }: Pick<LotTerms, 'category' | 'expiresAt'>, unit: string): string {
  return `${category} ${unit} (${expiresAt === null ? 'no expiry' : `expire ${timeInWords(expiresAt)}`})`;
}

function sentence(entry: Entry, wording: Wording): string {
  const unit = entry.unit ?? '';
  const amount = wording.amount(entry.amount, unit);
  const work = entry.reservation === null ? '' : ` for ${wording.reservation(entry.reservation)}`;
  switch (entry.type) {
    case 'grant':
      return `Added ${amount}`;
    case 'reserve':
      return `Held ${amount}${work}`;
    case 'extend':
      return extension(entry, amount, work);
    case 'commit':
      return `Spent ${amount}${work}${cameBack(entry, wording)}`;
    case 'release':
      return `Returned ${amount} held${work}, unspent`;
    case 'expire':
      return entry.reservation === null
        ? `${amount} expired`
        : `Returned ${amount} held${work}: the time for it ran out`;
    case 'refund':
      return `Refunded ${amount} of what entry ${entry.target} spent${work}`;
    case 'revoke':
      return `Took back ${amount} of an earlier grant`;
    case 'reinstate':
      return `Gave back ${amount} of what entry ${entry.target} took back`;
    case 'rollover':
      return `Carried ${amount} over into the next period`;
    case 'subscribe':
      return subscriptionInWords(entry);
    case 'configure':
      return settings(entry, wording);
    case 'freeze':
      return `Froze the account: no new work until it is unfrozen${heldBy(entry)}`;
    case 'unfreeze':
      return 'Unfroze the account';
    default:
      throw new Error(`unknown entry type ${String(entry.type satisfies never)}`);
  }
}

/** What the amount is the price of. */
function priced({ event }: Entry): string {
  if (event === null) return '';
  const { meter, quantity, properties, card, version } = event;
  const inOrder = (names: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1));
  const used =
    typeof quantity === 'string'
      ? quantity
      : inOrder(quantity)
          .map(([kind, much]) => `${much} ${kind}`)
          .join(', ');
  const which = inOrder(properties).map(([name, value]) => `${name} ${value}`);
  const details = which.length === 0 ? '' : ` (${which.join(', ')})`;
  return `: ${used} of ${meter}${details}, by version ${version} of rate card ${card}`;
}

function extension(entry: Entry, amount: string, work: string): string {
  const until = entry.expiresAt === null ? '' : ` until ${timeInWords(entry.expiresAt)}`;
  return entry.amount === 0n ? `Prolonged the hold${work}${until}` : `Held ${amount} more${work}${until}`;
}

/** A commit that ends its hold returns what it did not need. */
function cameBack(entry: Entry, wording: Wording): string {
  const back = -entry.deltas.held - entry.amount;
  return back > 0n ? `, ${wording.amount(back, entry.unit ?? '')} of the hold were left over` : '';
}

/** Callers need no mention where nobody else holds it. */
function heldBy({ settings }: Entry): string {
  return settings?.frozenBy === undefined ? '' : `, held by ${settings.frozenBy.join(' and ')}`;
}

function settings(entry: Entry, wording: Wording): string {
  if (entry.settings?.member !== undefined) return memberInWords(entry, wording);
  const limits = entry.settings?.overdraftLimits;
  const said: string[] = [];
  if (limits !== undefined) {
    const each = [...limits].map(([unit, limit]) => wording.amount(limit, unit));
    said.push(each.length === 0 ? 'no overdraft' : `overdraft up to ${each.join(', ')}`);
  }
  if (entry.settings?.metadata !== undefined) said.push('new metadata');
  if (entry.settings?.testClock !== undefined)
    said.push(`its time is that of the test clock ${entry.settings.testClock}`);
  return `Changed the account's settings: ${said.join(', ')}`;
}

function memberInWords({ member, settings }: Entry, wording: Wording): string {
  const terms = settings?.member ?? null;
  if (terms === null) return `Took member ${member} off the record`;
  const budgets = terms.budgets.map(({ unit, amount, window, soft }) => {
    return `${wording.amount(amount, unit)} ${everyInWords(window)}${soft ? ' (warns only)' : ''}`;
  });
  const above = terms.parent === null ? '' : ` below ${terms.parent}`;
  return `Set member ${member}${above}: ${budgets.length === 0 ? 'no budget of its own' : budgets.join(', ')}`;
}

function everyInWords(window: BudgetWindow): string {
  if (window.every === 'lifetime') return 'in all';
  return window.count === 1 ? `each ${window.every}` : `every ${window.count} ${window.every}s`;
}

function subscriptionInWords({ subscription }: Entry): string {
  if (subscription === null) return 'Changed a subscription';
  const { id, terms, period, status, cancelAtEnd, next, paid } = subscription;
  if (paid !== undefined)
    return `Subscription ${id}: ${paid.amount} ${paid.currency} were paid that bought no more credits`;
  const said: string[] = [];
  if (terms !== undefined) said.push(`plan ${terms.plan} (version ${terms.version})`);
  if (period !== undefined) said.push(`period from ${timeInWords(period.start)} to ${timeInWords(period.end)}`);
  if (status === 'ended') said.push('ended');
  if (status === 'waiting') said.push('waits while another subscription lives');
  if (status === 'trialing') said.push('on trial');
  if (cancelAtEnd === true) said.push('ends with its period');
  if (cancelAtEnd === false && period === undefined) said.push('goes on after its period');
  if (next !== undefined && next !== null) said.push(`plan ${next.terms.plan} follows`);
  return `Subscription ${id}: ${said.length === 0 ? 'changed' : said.join(', ')}`;
}

/** What the reader would otherwise miss: debt that rose or was paid, and credits that ended on the way. */
function sideEffects(entry: Entry, wording: Wording): string[] {
  const { unit, deltas, type } = entry;
  if (unit === null) return [];
  const also: string[] = [];
  if (deltas.debt > 0n) also.push(`${wording.amount(deltas.debt, unit)} of it are owed`);
  if (deltas.debt < 0n) also.push(`${wording.amount(-deltas.debt, unit)} of it paid what was owed`);
  const lotEnded = type === 'expire' && entry.reservation === null;
  if (deltas.expired > 0n && !lotEnded) also.push(`${wording.amount(deltas.expired, unit)} of it had expired by then`);
  return also;
}

function lotInWords(lot: LotStep, unit: string, wording: Wording): string {
  const name = lotName(lot, unit);
  const total = lot.remaining + lot.held;
  const amount = (value: bigint): string => wording.amount(value < 0n ? -value : value, unit);
  if (lot.made) return `${amount(lot.remaining)} in a new lot: ${name}`;
  if (lot.remaining < 0n && lot.held > 0n) return `${amount(lot.held)} held from ${name}`;
  if (lot.remaining > 0n && lot.held < 0n) {
    const rest = total < 0n ? `, ${amount(total)} taken` : '';
    return `${amount(lot.remaining)} back to ${name}${rest}`;
  }
  if (total < 0n) return `${amount(total)} from ${name}`;
  return total > 0n ? `${amount(total)} to ${name}` : '';
}
