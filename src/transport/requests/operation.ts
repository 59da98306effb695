import type { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { EntryUnits } from '../../entries/entry-units.js';
import type { Answer, NumberedTarget, Once, Target } from '../../ledger/submission.js';
import type { ErrorCode } from '../../shared/ledger-error.js';
import type { Pricing } from '../../rates/pricing.js';
import type { ReservationEvents } from '../../rates/reservation-events.js';
import type { Amounts } from '../../units/amounts.js';

/** What a request needs to know to become a command. */
export interface Readers {
  readonly amounts: Amounts;
  readonly entryUnits: EntryUnits;
  readonly pricing: Pricing;
  readonly reservationEvents: ReservationEvents;
}

/** Where a request's fields stand in what the caller sent: `body`, or `body.commands[3]`. */
export type Part = string;

/** The second half of reading a request, once its key is known: nothing is wrong with it any more. */
export type Prepared = (once: Once) => Promise<Command<Answer>> | Command<Answer>;

interface OperationBase<S extends z.ZodType> {
  /** Part of the fingerprint, so it never changes. */
  readonly name: string;
  readonly status: 200 | 201;
  readonly request: S;
  readonly summary: string;
  /** Refusals beyond those every command has. */
  readonly refusals: readonly ErrorCode[];
}

/** A command on an account that the caller names. */
export interface AccountOperation<S extends z.ZodType = z.ZodType> extends OperationBase<S> {
  readonly addresses: 'account';
  prepare(request: z.output<S>, target: Target, readers: Readers, part: Part): Promise<Prepared>;
}

/** What an id of ours says, and the account it is in. */
export interface Numbered {
  readonly id: string;
  readonly target: NumberedTarget;
  readonly number: number;
}

/** A command on something that has an id of ours, which carries its account. */
export interface NumberedOperation<S extends z.ZodType = z.ZodType> extends OperationBase<S> {
  readonly addresses: 'reservation' | 'lot' | 'entry';
  prepare(request: z.output<S>, at: Numbered, readers: Readers, part: Part): Promise<Prepared>;
}

/** One call that changes the ledger, whichever transport brings it: HTTP, a batch, a stream. */
export type Operation = AccountOperation | NumberedOperation;

/** Gives `prepare` the type of its own request. */
export function accountOperation<S extends z.ZodType>(
  operation: Omit<AccountOperation<S>, 'addresses'>,
): AccountOperation {
  return { ...operation, addresses: 'account' } as unknown as AccountOperation;
}

export function numberedOperation<S extends z.ZodType>(operation: NumberedOperation<S>): NumberedOperation {
  return operation as unknown as NumberedOperation;
}
