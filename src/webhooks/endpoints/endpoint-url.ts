import { isIP } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from '../delivery/public-address.js';
import type { Reach } from '../delivery/reach.js';

/** In UTF-16 code units of the text that was given, and of what it becomes. */
const LONGEST_URL = 2_048;
/** Those that HTTPS is served on: an endpoint must not be a way to knock at other doors. */
const PORTS = ['', '443', '8443'];
/** Names that mean something inside networks only (RFC 6761, 6762, 8375, and what people use). */
const INNER_NAMES =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|corp|home|private|home\.arpa|in-addr\.arpa|ip6\.arpa|onion|invalid|test|example)$/;

export type ReadUrl = { readonly url: string } | { readonly problem: string };

/**
 * Reads where an endpoint is to be reached, and refuses at once what never could be. What its name resolves to is looked
 * at each time something is sent.
 */
export function readEndpointUrl(text: string, reach: Pick<Reach, 'allowLoopback'>): ReadUrl {
  if (text.length > LONGEST_URL) return { problem: `must have at most ${LONGEST_URL} characters` };
  // The parser of URLs would drop these without a word.
  if (/[\s\p{Cc}]/u.test(text) || !URL.canParse(text))
    return { problem: 'must be a URL like https://example.com/hooks' };
  const url = new URL(text);
  if (url.href.length > LONGEST_URL) return { problem: `must have at most ${LONGEST_URL} characters, percent-encoded` };
  if (url.username !== '' || url.password !== '') return { problem: 'must not have a user or a password in it' };
  if (url.hash !== '') return { problem: 'must not have a fragment' };
  const isOwn = reach.allowLoopback && isLoopback(url);
  if (isOwn && url.protocol === 'http:') return { url: url.href };
  if (url.protocol !== 'https:') return { problem: 'must begin with https://' };
  if (!isOwn && !PORTS.includes(url.port)) return { problem: 'must have port 443 or 8443' };
  if (!isOwn && !isPublicHost(url.hostname)) return { problem: 'must name a host on the public internet' };
  return { url: url.href };
}

function isLoopback({ hostname }: URL): boolean {
  const host = bare(hostname);
  return host === 'localhost' || isLoopbackAddress(host);
}

function isPublicHost(hostname: string): boolean {
  const host = bare(hostname);
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !INNER_NAMES.test(host);
}

/** Without brackets, and without the dot at the end that means the same name. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$|\.$/g, '');
}
