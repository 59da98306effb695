import ipaddr from 'ipaddr.js';

/** Of the internet as a whole; everything else of IPv6 is local, a tunnel, a translation, or for nothing. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its number only: where Azure's machines ask for what they are told at boot. */
const AZURE_WIRE_SERVER = '168.63.129.16';

/**
 * Whether an address belongs to the internet, and not to this machine, its network, its cloud, or to a mechanism that
 * carries one of those inside another (IPv4-mapped, NAT64, 6to4, Teredo). What is in doubt is not.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text) || text === AZURE_WIRE_SERVER) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}

/** Of this machine: 127.0.0.0/8 and ::1, and nothing that carries one of them. */
export function isLoopbackAddress(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.parse(text).range() === 'loopback';
}
