import type { Scope } from '../../keys/api-key.js';
import type { Asker } from '../asker.js';
import type { JsonValue } from '../json/strict-json.js';
import type { Asked } from './asked.js';
import { CreditsServiceDefinition } from './generated/credits/v1/credits_service.js';
import type { Timestamp } from './generated/google/protobuf/timestamp.js';
import { answerShapeOf, type Shape } from './message-shapes.js';
import { MessageWriter } from './message-writer.js';
import { decodeStrictly, type MessageType } from './strict-reader.js';
import { momentText } from './timestamps.js';

type Methods = (typeof CreditsServiceDefinition)['methods'];
export type UnaryMethod = Exclude<keyof Methods, 'streamCommands'>;
export type RequestOf<M extends UnaryMethod> =
  Methods[M]['requestType'] extends MessageType<infer T> ? T & object : never;
export type Asking = Asked & { readonly asker: Asker };
export type Bytes = Uint8Array<ArrayBuffer>;

/** A call of one message that is answered with one. */
export interface UnaryCall {
  /** Null where it needs no key: who comes without one is `ANYBODY`. */
  readonly scope: Scope | null;
  /** @throws LedgerError */
  answer(bytes: Uint8Array, asking: Asking): Promise<Bytes>;
}

const REQUEST_LIMIT_BYTES = 64 * 1024;
export const WRITER = new MessageWriter();

/** @param answer the JSON of the response message */
export function unary<M extends UnaryMethod>(
  method: M,
  scope: Scope | null,
  answer: (request: RequestOf<M>, asking: Asking) => Promise<Buffer | string>,
): UnaryCall {
  return call(method, scope, async (request, asking, shape) => WRITER.message(shape, await answer(request, asking)));
}

export function call<M extends UnaryMethod>(
  method: M,
  scope: Scope | null,
  answer: (request: RequestOf<M>, asking: Asking, shape: Shape) => Promise<Bytes>,
  limitBytes = REQUEST_LIMIT_BYTES,
): UnaryCall {
  const request = CreditsServiceDefinition.methods[method].requestType as unknown as MessageType<RequestOf<M>>;
  const shape = answerShapeOf(method);
  return { scope, answer: async (bytes, asking) => answer(decodeStrictly(request, bytes, limitBytes), asking, shape) };
}

export function word(name: string, value: string | number | undefined): { readonly [name: string]: JsonValue } {
  return value === undefined ? {} : { [name]: value };
}

/** @param moments by the names that they have in JSON */
export function moments(given: Readonly<Record<string, Timestamp | undefined>>): Readonly<Record<string, string>> {
  const there = Object.entries(given).filter(([, at]) => at !== undefined);
  return Object.fromEntries(there.map(([name, at]) => [name, momentText(at!)]));
}
