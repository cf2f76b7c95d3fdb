// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP, isIPv4 } from 'node:net';

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return list;
};

/** A network of one's own: loopback, RFC 1918, shared (RFC 6598), benchmark (RFC 2544), unique local (RFC 4193). */
const PRIVATE = listOf([
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'],
  ...['::1/128', 'fc00::/7'],
]);

/**
 * Never a server: this network, link-local (where clouds answer with credentials), protocol assignments, documentation,
 * multicast, reserved; and the cloud metadata addresses outside link-local.
 */
const NEVER = listOf([
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['100.100.100.200/32', '168.63.129.16/32', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
]);

/** Global unicast, less the ranges that are documentation or carry an IPv4 address inside (Teredo, 6to4). */
const GLOBAL_V6 = listOf(['2000::/3']);
const NOT_GLOBAL_V6 = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2), whichever way it is written. */
function unmapped(address: string): string {
  if (isIPv4(address)) return address;
  const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(new URL(`http://[${address}]`).hostname);
  if (!mapped) return address;
  const [high, low] = [parseInt(mapped[1] ?? '', 16), parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * Whether a fetch may connect to an IP address. Public unicast always; private networks only when the operator allows
 * them; link-local, metadata, multicast and reserved ranges never.
 */
export function addressAllowed(address: string, allowPrivate: boolean): boolean {
  // A zone id only occurs with link-local addresses.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const plain = unmapped(address);
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
  if (NEVER.check(plain, family)) return false;
  if (PRIVATE.check(plain, family)) return allowPrivate;
  return family === 'ipv4' || (GLOBAL_V6.check(plain, family) && !NOT_GLOBAL_V6.check(plain, family));
}
