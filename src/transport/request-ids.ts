import { randomBytes } from 'node:crypto';

/** Never an API key that somebody sent in the wrong place: request ids are logged. */
const OWN_REQUEST_ID = /^(?!crd_)[A-Za-z0-9_-]{1,64}$/;

/** The caller's own `request-id` where it is a harmless one, else one that no other process makes. */
export function requestIds(): (own: unknown) => string {
  const process = `req_${randomBytes(6).toString('base64url')}`;
  let count = 0;
  return own => (typeof own === 'string' && OWN_REQUEST_ID.test(own) ? own : `${process}${(++count).toString(36)}`);
}
