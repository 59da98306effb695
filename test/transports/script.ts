import { Dice, type Gene } from '../model/genes.js';
import { NaiveLedger } from '../model/naive-ledger.js';
import { nextCommand } from '../model/next-command.js';
import { lotNumber } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import { NOWHERE } from '../model/draws.js';
import type { Json } from '../contract/api.js';
import { firstDifference } from '../model/first-difference.js';
import { requestOf, type Names } from './request-of.js';
import type { Told, Transport } from './transports.js';
import { decimal, isWrongByItself, wireable } from './wire-command.js';

/** One account over one transport: what its ids name, and how they are told without being ids. */
class Side implements Names {
  readonly reservations = new Map<number, string>();
  readonly lots = new Map<number, string>();
  readonly entries = new Map<number, string>();
  private readonly ordinals = new Map<string, string>();

  constructor(
    readonly account: string,
    private readonly transport: Transport,
  ) {}

  async send(command: Command, key: string): Promise<Told> {
    const told = await this.transport.send(this.account, requestOf(command, this), key);
    if (told.ok) this.learn(told.body);
    return told;
  }

  /** Numbers are what the model has: an entry's `seq`, a reservation's first entry, a lot's entry and place in it. */
  private learn({ entries = [], lot, reservation }: Json): void {
    for (const { id, seq } of entries) this.entries.set(seq, id);
    if (reservation !== undefined && entries[0]?.type === 'reserve')
      this.reservations.set(entries[0].seq, reservation.id);
    if (lot !== undefined) this.lots.set(lotNumber(entries[0].seq, 0), lot.id);
  }

  /** Without what no two accounts have in common: names, ids, and moments of the service's own clock. */
  neutral(value: Json): Json {
    if (Array.isArray(value)) return value.map(item => this.neutral(item));
    if (typeof value === 'string') return value === this.account ? 'ACCOUNT' : this.ordinalOf(value);
    if (value === null || typeof value !== 'object') return value;
    const members = Object.entries(value).filter(
      ([name]) => !/^(created|effective|recorded|next_release)_at$/.test(name),
    );
    const isReservation = 'lines' in value;
    return Object.fromEntries(
      members.map(([name, member]) => [name, isReservation && name === 'expires_at' ? 'LATER' : this.neutral(member)]),
    );
  }

  private ordinalOf(text: string): string {
    if (!/^(res|lot|ent)_[A-Za-z0-9_-]{22}$/.test(text)) return text;
    if (!this.ordinals.has(text)) this.ordinals.set(text, `${text.slice(0, 3)} ${this.ordinals.size}`);
    return this.ordinals.get(text)!;
  }
}

export interface Counts {
  commands: number;
  readonly outcomes: Map<string, number>;
}

/** Runs one script over both transports and through the model; says where they differ first, or null. */
export async function runScript(
  genes: readonly Gene[],
  name: string,
  transports: readonly [Transport, Transport],
  counts: Counts,
): Promise<string | null> {
  const model = new NaiveLedger();
  const sides = transports.map((transport, index) => new Side(`${name}-${index}`, transport));
  const [one, other] = sides as [Side, Side];
  const now = Date.now();
  for (const [index, gene] of genes.entries()) {
    const command = nameable(wireable(nextCommand(gene, model.account, now), model.account, now, index), one);
    if (command === null) continue;
    // Now and then as a caller does that did not hear the first answer.
    const times = new Dice(gene.account).oneIn(10) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const [first, second] = await Promise.all([one.send(command, `${index}`), other.send(command, `${index}`)]);
      counts.commands++;
      const outcome = first.ok ? command.type : first.code;
      counts.outcomes.set(outcome, (counts.outcomes.get(outcome) ?? 0) + 1);
      const where = `command ${index} (${command.type}), ${JSON.stringify(requestOf(command, one))}`;
      const difference =
        firstDifference('transports', one.neutral(first), other.neutral(second)) ??
        (time === 0 ? differenceFromModel(model, command, first, now) : null);
      if (difference !== null) return `${where}: ${difference}`;
    }
  }
  return null;
}

/** Only a grant answers with its lot: those that refunds make have no name here. */
function nameable(command: Command | null, { lots }: Names): Command | null {
  return command?.type === 'revoke' && !lots.has(command.lot) ? { ...command, lot: NOWHERE } : command;
}

function differenceFromModel(model: NaiveLedger, command: Command, told: Told, now: number): string | null {
  if (isWrongByItself(command)) {
    const isRefused = !told.ok && /^(invalid_request|amount_too_large|\w+_not_found)$/.test(told.code);
    return isRefused ? null : `taken although it is wrong: ${JSON.stringify(told)}`;
  }
  const booked = model.account.seq;
  const refusal = model.execute(command, now);
  if (!told.ok) {
    const expected = refusal && {
      code: refusal.code,
      retryable: refusal.retryable,
      shortfall: refusal.shortfall.map(shortOf),
    };
    const shortfall = told.shortfall.map(
      ({ unit, required, available = '0', held = '0', open_reservations = 0 }: Json) => {
        return { unit, required, available, held, open_reservations };
      },
    );
    return firstDifference('refusal', expected, { code: told.code, retryable: told.retryable, shortfall });
  }
  if (refusal !== null) return `taken, but the model refuses: ${refusal.code}`;
  const { account } = model;
  const entries = account.journal.slice(booked).map(({ seq, type, unit, amount }) => {
    return unit === null ? { seq, type } : { seq, type, unit, amount: decimal(amount) };
  });
  const toldEntries = (told.body.entries ?? []).map(({ seq, type, unit, amount }: Json) => {
    return unit === undefined ? { seq, type } : { seq, type, unit, amount };
  });
  const units = [...new Set(['credits', ...account.units()])].sort();
  const balances = Object.fromEntries(
    units.map(unit => {
      const sums = Object.entries(account.balance(unit)).map(([sum, value]) => [sum, decimal(value)] as const);
      return [unit, Object.fromEntries(sums.sort())];
    }),
  );
  const toldBalances = Object.fromEntries(
    units.map(unit => [unit, Object.fromEntries(Object.entries(told.body.balances[unit] ?? {}).sort())]),
  );
  return (
    firstDifference('seq', account.seq, told.body.seq ?? 0) ??
    firstDifference('entries', entries, toldEntries) ??
    firstDifference('balances', balances, toldBalances)
  );
}

function shortOf({ unit, required, available, held, openReservations }: Json) {
  return {
    unit,
    required: decimal(required),
    available: decimal(available),
    held: decimal(held),
    open_reservations: openReservations,
  };
}
