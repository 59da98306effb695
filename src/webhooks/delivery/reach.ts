import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from './public-address.js';

const RESOLVE_TIMEOUT_MS = 2_000;
const RESOLVE_TRIES = 2;
/** What connections are tried to; a name with more is cut. */
const MOST_ADDRESSES = 8;

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Asks the DNS. May answer anything, something else each time too: it is looked at, then connected to, and never asked again. */
export type Resolve = (name: string) => Promise<Address[]>;

/** What requests may be sent to. */
export interface Reach {
  /** For tests and development: to this machine, over plain HTTP and on any port. */
  readonly allowLoopback: boolean;
  readonly resolve: Resolve;
}

/** The request was not made, because of where it would have gone. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
}

/** The DNS and nothing else: no hosts file, no search domains, which know names of the inside. */
export async function resolveByDns(name: string): Promise<Address[]> {
  const resolver = new Resolver({ timeout: RESOLVE_TIMEOUT_MS, tries: RESOLVE_TRIES });
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = [
    ...(v4.status === 'fulfilled' ? v4.value.map(address => ({ address, family: 4 as const })) : []),
    ...(v6.status === 'fulfilled' ? v6.value.map(address => ({ address, family: 6 as const })) : []),
  ];
  if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
  return found;
}

/**
 * Where a request to this host has to connect: to these addresses, whatever the name means a moment later.
 * @param hostname as `URL` has it: brackets around IPv6, and every spelling of an IPv4 address made the usual one
 * @throws OutOfReach where one of its addresses is not to be reached; or the resolver's error
 */
export async function addressesWithin(reach: Reach, hostname: string): Promise<Address[]> {
  const found = await addressesOf(reach, hostname.replace(/^\[|\]$/g, ''));
  if (found.length === 0) throw new OutOfReach('the name has no address');
  // One of them is enough: somebody who answers with both wants to be asked often enough.
  if (!found.every(({ address }) => isWithin(reach, address))) {
    throw new OutOfReach('the host is not on the public internet');
  }
  return found.slice(0, MOST_ADDRESSES);
}

function isWithin({ allowLoopback }: Pick<Reach, 'allowLoopback'>, address: string): boolean {
  return isPublicAddress(address) || (allowLoopback && isLoopbackAddress(address));
}

async function addressesOf({ allowLoopback, resolve }: Reach, host: string): Promise<Address[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family as 4 | 6 }];
  if (allowLoopback && host === 'localhost') return [{ address: '127.0.0.1', family: 4 }];
  return resolve(host);
}
