import type { FastifyRequest } from 'fastify';
import { parseStrictJson, type JsonValue } from '../json/strict-json.js';

/** The body as strict JSON; none at all is an empty object, for calls whose every field may be left out. */
export function readBody(request: FastifyRequest): JsonValue {
  const bytes = request.body as Buffer | null | undefined;
  return bytes === undefined || bytes === null || bytes.length === 0 ? {} : parseStrictJson(bytes);
}
