import type { Answer } from '../http/idempotency.js';

export function htmlAnswer(body: string): Answer {
  return { status: 200, body, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } };
}

/** After a form: the browser asks for the other page, and going back does not send the form again. */
export function redirect(location: string): Answer {
  return { status: 303, body: '', headers: { location } };
}

export function jsonAnswer(body: object, status = 200): Answer {
  return { status, body: JSON.stringify(body, null, 2), headers: { 'content-type': 'application/json' } };
}
