import { Injectable } from '@nestjs/common';
import { CommandBus, type Command } from '@nestjs/cqrs';
import { EntryUnits } from '../entries/entry-units.js';
import { IdCodec } from '../ids/id-codec.js';
import { ReserveCredits } from '../ledger/commands/reserve-credits.js';
import type { Answer, Once } from '../ledger/submission.js';
import { Pricing } from '../rates/pricing.js';
import { ReservationEvents } from '../rates/reservation-events.js';
import { LedgerError } from '../shared/ledger-error.js';
import { Amounts } from '../units/amounts.js';
import { targetOf, type Asker } from './asker.js';
import { CommandCounts } from './command-counts.js';
import { fingerprint } from './fingerprint.js';
import { inUse, KeysInFlight } from './keys-in-flight.js';
import type { JsonValue } from './json/strict-json.js';
import { configureAccount, configureRequest } from './requests/configure.js';
import type { Numbered, NumberedOperation, Operation, Part, Prepared, Readers } from './requests/operation.js';
import { invalidRequest, parseRequest } from './requests/parse-request.js';

/** One call that changes the ledger, as it came: nothing of it has been looked at yet. */
export interface Call {
  readonly operation: Operation;
  readonly asker: Asker;
  /** The account's id, or the id of the reservation, lot or entry. */
  readonly address: string;
  readonly body: JsonValue;
  /** Undefined where the caller sent none. */
  readonly key: string | undefined;
  /** Where the body stands in what the caller sent, for the locations of what is wrong. */
  readonly part: Part;
  /** Where the key stands. */
  readonly keyLocation: string;
}

/** Printable ASCII, 1 to 255 characters. */
const KEY = /^[\x20-\x7e]{1,255}$/;

const BEFORE_RESERVATION_ID = '"reservation":{"id":"';
const QUOTE = 0x22;

/** Reads calls that change the ledger into commands, the same way for every transport, and sends them. */
@Injectable()
export class Mutations {
  private readonly readers: Readers;
  private readonly inFlight = new KeysInFlight();

  constructor(
    private readonly commands: CommandBus,
    private readonly ids: IdCodec,
    amounts: Amounts,
    private readonly entryUnits: EntryUnits,
    pricing: Pricing,
    private readonly reservationEvents: ReservationEvents,
    private readonly counts: CommandCounts,
  ) {
    this.readers = { amounts, entryUnits, pricing, reservationEvents };
  }

  async run(call: Call): Promise<Answer> {
    return this.execute(call, await this.read(call));
  }

  /** Address, then fields, then the key: what is wrong with a request is said before its key counts. */
  async read(call: Call): Promise<Command<Answer>> {
    const { operation, address, body } = call;
    try {
      const prepared = await this.prepare(call);
      const once: Once = { key: readKey(call), fingerprint: fingerprint(operation.name, address, body) };
      return prepared(once);
    } catch (error) {
      this.counts.refused(operation.name, error);
      throw error;
    }
  }

  /** @throws LedgerError idempotency_key_in_use in place of `busy`, where the same request was on its way before */
  async execute({ operation, asker, address, key }: Call, command: Command<Answer>): Promise<Answer> {
    // None of the three can have a line break.
    const name = `${asker.mode}\n${address}\n${key}`;
    const wasInFlight = this.inFlight.begin(name);
    try {
      const answer = await this.commands.execute<Command<Answer>, Answer>(command);
      this.counts.answered(operation.name, answer);
      if (command instanceof ReserveCredits) this.remember(command, asker, answer);
      return answer;
    } catch (thrown) {
      const error = wasInFlight && thrown instanceof LedgerError && thrown.code === 'busy' ? inUse(thrown) : thrown;
      this.counts.refused(operation.name, error);
      throw error;
    } finally {
      this.inFlight.end(name);
    }
  }

  /** The one mutation that is idempotent by itself, so it has no key. `account` and `body` are as they came. */
  async configure(asker: Asker, account: unknown, body: unknown): Promise<Answer> {
    const target = targetOf(asker, account);
    const request = parseRequest(configureRequest, body, 'body');
    const command = await configureAccount(request, target, this.readers.amounts);
    return this.counts.count('configure', this.commands.execute<Command<Answer>, Answer>(command));
  }

  /** What a commit of the reservation asks for next. */
  private remember({ terms: { lines, event } }: ReserveCredits, { mode }: Asker, { body, replayed }: Answer): void {
    const id = reservationId(body);
    // A rate card may say otherwise by now than it did when the key was first used.
    if (event === undefined || !replayed) this.entryUnits.remember(id, mode, lines[0]!.unit);
    if (event !== undefined && !replayed) this.reservationEvents.remember(id, mode, event);
  }

  private prepare({ operation, asker, address, body, part }: Call): Promise<Prepared> {
    if (operation.addresses === 'account') {
      const target = targetOf(asker, address);
      return operation.prepare(parseRequest(operation.request, body, part), target, this.readers, part);
    }
    const at = this.locate(operation.addresses, asker, address);
    return operation.prepare(parseRequest(operation.request, body, part), at, this.readers, part);
  }

  /** @throws LedgerError `…_not_found` where the id is none of ours */
  private locate(kind: NumberedOperation['addresses'], { mode, deadlineAt }: Asker, id: string): Numbered {
    const missing = `${kind}_not_found` as const;
    const decoded = this.ids.decode(kind, id);
    if (decoded === null) throw new LedgerError(missing, `there is no such ${kind}`);
    return { id, number: decoded.number, target: { mode, accountNo: decoded.accountNo, missing, deadlineAt } };
  }
}

/** The bytes are as stored, not an object; quotes inside a string are escaped, so this is nobody's metadata. */
function reservationId(body: Buffer): string {
  const start = body.lastIndexOf(BEFORE_RESERVATION_ID) + BEFORE_RESERVATION_ID.length;
  return body.toString('latin1', start, body.indexOf(QUOTE, start));
}

/** @throws LedgerError idempotency_key_required, invalid_request */
export function readKey({ key, keyLocation }: Pick<Call, 'key' | 'keyLocation'>): string {
  if (key === undefined || key === '') {
    throw new LedgerError('idempotency_key_required', `send ${keyLocation}, a key of your own for this request`);
  }
  if (KEY.test(key)) return key;
  throw invalidRequest([{ location: keyLocation, message: 'must have 1 to 255 printable ASCII characters' }]);
}
