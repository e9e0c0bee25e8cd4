import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

/** What IANA's special-purpose registry does not give out as globally reachable, multicast included. */
const reserved4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  reserved4.addSubnet(network, prefix, 'ipv4');
}

/** All that IPv6 gives out is below here: mapped, translated, local and metadata addresses are not. */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** In it, but special: Teredo, ORCHID and benchmarks, documentation, and 6to4, which embeds any IPv4 address. */
const reserved6 = new BlockList();
reserved6.addSubnet('2001::', 23, 'ipv6');
reserved6.addSubnet('2001:db8::', 32, 'ipv6');
reserved6.addSubnet('2002::', 16, 'ipv6');
reserved6.addSubnet('3fff::', 20, 'ipv6');

/** Whether an address is one of the internet's: not loopback, private, link-local, metadata, nor any of these disguised. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !reserved4.check(address, 'ipv4');
  return isIP(address) === 6 && global6.check(address, 'ipv6') && !reserved6.check(address, 'ipv6');
}

/** Why nothing is sent there. */
export class PrivateAddress extends Error {
  override name = 'PrivateAddress';

  constructor() {
    super('The host is not a public address.');
  }
}

/**
 * The address in a URL's host, where it is one: no name is resolved then, and `publicLookup` not asked. WHATWG's parser
 * has turned decimal, octal, hexadecimal and short forms into the usual one.
 */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? undefined : bare;
}

/**
 * Resolves a name for a connection, which then goes to just these addresses: a name that answers differently the next time
 * gains nothing. A name with any address that is not public is refused as a whole.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    // Of a name that cannot be resolved there are no addresses, not even none.
    if (error) {
      callback(error, '', 0);
      return;
    }
    const [first] = addresses as LookupAddress[] | [];
    if (!first || !addresses.every(({ address }) => isPublicAddress(address))) callback(new PrivateAddress(), '', 0);
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
