import { Metadata, type StatusObject } from '@grpc/grpc-js';
import type { FieldError, LedgerError } from '../../shared/ledger-error.js';
import { ERROR_TABLE, retryAfterSeconds } from '../error-table.js';
import { problemOf } from '../problem.js';
import type { Any } from './generated/google/protobuf/any.js';
import { BadRequest, ErrorInfo, RequestInfo, RetryInfo } from './generated/google/rpc/error_details.js';
import { Status } from './generated/google/rpc/status.js';
import { JsonToMessage } from './json-to-message.js';
import { MessageBuffer } from './message-buffer.js';
import { shapeOf } from './message-shapes.js';
import type { MessageType } from './strict-reader.js';

const DOMAIN = 'credits-ledger';
/** Clients take 8 KiB of trailers by default, and these grow by a third on their way. What does not fit is left out. */
const DETAILS_LIMIT_BYTES = 5 * 1024;

/** What a refusal says beyond its code, as `problemOf` has it. */
interface Details {
  readonly errors?: readonly FieldError[];
  readonly shortfall?: readonly object[];
  readonly reservation?: object;
  readonly entry?: string;
}

/** A refusal as https://google.aip.dev/193 has it; the result of a command among many. */
export function statusMessage(error: LedgerError, requestId: string): Status {
  const { code, grpc } = { code: error.code, grpc: ERROR_TABLE[error.code].grpc };
  const problem = problemOf(error, requestId);
  const { errors, shortfall, reservation, entry } = problem as Details;
  const metadata = { request_id: requestId, retryable: String(problem.retryable), ...(entry && { entry }) };
  const seconds = retryAfterSeconds(error);
  const details = [detail('google.rpc.ErrorInfo', ErrorInfo, { reason: code.toUpperCase(), domain: DOMAIN, metadata })];
  const add = <T>(name: string, type: MessageType<T>, message: T): number => details.push(detail(name, type, message));
  add('google.rpc.RequestInfo', RequestInfo, { request_id: requestId });
  if (seconds !== undefined) add('google.rpc.RetryInfo', RetryInfo, { retry_delay: { seconds } });
  if (errors) add('google.rpc.BadRequest', BadRequest, { field_violations: errors.map(violationOf) });
  if (shortfall) details.push(jsonDetail('credits.v1.Shortfalls', { shortfall }));
  if (reservation) details.push(jsonDetail('credits.v1.Reservation', reservation));
  return { code: grpc, message: messageOf(error, errors), details };
}

/** The status that ends a call. */
export function statusOf(error: LedgerError, requestId: string): StatusObject {
  const message = statusMessage(error, requestId);
  const metadata = new Metadata();
  metadata.set('request-id', requestId);
  metadata.set('grpc-status-details-bin', Buffer.from(Status.encode(fitting(message)).finish()));
  return { code: message.code!, details: message.message!, metadata };
}

function detail<T>(name: string, type: MessageType<T>, message: T): Any {
  return { type_url: `type.googleapis.com/${name}`, value: Buffer.from(type.encode(message).finish()) };
}

/** Of what the JSON API has under the same names. */
function jsonDetail(name: string, value: object): Any {
  const out = new MessageBuffer();
  new JsonToMessage(out).write(shapeOf(name), Buffer.from(JSON.stringify(value)));
  return { type_url: `type.googleapis.com/${name}`, value: Buffer.from(out.take()) };
}

/** They stand in the order of their use. */
function fitting(status: Status): Status {
  let left = DETAILS_LIMIT_BYTES;
  return { ...status, details: status.details!.filter(({ value }) => (left -= value!.length) >= 0) };
}

function violationOf({ location, message }: FieldError) {
  return { field: fieldOf(location), description: message };
}

/** HTTP says `body.lines[1].amount`; a message has no parts, so its field is `lines[1].amount`. */
function fieldOf(location: string): string {
  return location.replace(/^(body|path|query)\b\.?/, '');
}

function messageOf({ message }: LedgerError, errors: readonly FieldError[] = []): string {
  const location = errors[0]?.location;
  if (location === undefined || !message.startsWith(`${location} `)) return message;
  return `${fieldOf(location) || 'the message'}${message.slice(location.length)}`;
}
