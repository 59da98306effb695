import type { z } from 'zod';
import { LedgerError, type FieldError } from '../../shared/ledger-error.js';

const MOST_ERRORS = 20;
const LONGEST_NAME_SHOWN = 64;

/**
 * Checks a part of a request against its schema.
 * @param part `body`, `query` or `path`: where the locations of what is wrong begin
 * @throws LedgerError invalid_request
 */
export function parseRequest<T extends z.ZodType>(schema: T, value: unknown, part: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(issue => fieldErrors(issue, value, part)).slice(0, MOST_ERRORS);
  throw invalidRequest(errors);
}

export function invalidRequest(errors: readonly FieldError[]): LedgerError {
  const [first] = errors;
  return new LedgerError('invalid_request', `${first?.location ?? 'the request'} ${first?.message ?? 'is not valid'}`, {
    errors,
  });
}

function fieldErrors(issue: z.core.$ZodIssue, value: unknown, part: string): FieldError[] {
  const location = locate(part, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => ({ location: locate(location, [key]), message: 'is not a field of this request' }));
    case 'invalid_key':
      return [{ location, message: issue.issues[0]?.message ?? 'is not a valid name' }];
    default:
      return [{ location, message: isMissing(value, issue.path) ? 'is required' : issue.message }];
  }
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const step of path) at = (at as Record<PropertyKey, unknown> | undefined)?.[step];
  return at === undefined;
}

function locate(start: string, path: readonly PropertyKey[]): string {
  let location = start;
  for (const step of path) {
    location += typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, LONGEST_NAME_SHOWN)}`;
  }
  return location;
}
