import { isIP } from 'node:net';

/** Blocks of IPv4 that a name of the Internet does not lead to: private, shared, loopback, link-local, multicast, reserved. */
export const PRIVATE_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;

/**
 * The same of IPv6, with those that carry an IPv4 address: NAT64, 6to4. Mapped ones (`::ffff:0:0/96`) are IPv4 to Squid
 * and to Kubernetes, which refuses a policy that names them as IPv6.
 */
export const PRIVATE_IPV6 = [
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
] as const;

/** The machine itself, its link, addresses of no machine, and another spelling of all IPv4: no name may be declared to lead there. */
const NO_ENDPOINT = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '::ffff:0:0/96',
  'fe80::/10',
  'ff00::/8',
];

/** A block of addresses of one family. */
export interface AddressBlock {
  readonly bits: 32 | 128;
  /** The lowest address. */
  readonly first: bigint;
  readonly prefix: number;
}

/** Reads `10.1.0.0/16` or `fd00::/8`; bits behind the prefix count as 0. Nothing for any other text. */
export function parseBlock(text: string): AddressBlock | undefined {
  const [, address = '', length = ''] = /^([^/%]+)\/(0|[1-9]\d*)$/.exec(text) ?? [];
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const prefix = Number(length);
  if (family === 0 || prefix > bits) return undefined;
  const host = BigInt(bits - prefix);
  return { bits, prefix, first: ((family === 6 ? ipv6Value(address) : ipv4Value(address)) >> host) << host };
}

/** The block in the form that {@link parseBlock} reads. */
export function formatBlock({ bits, first, prefix }: AddressBlock): string {
  const size = bits === 32 ? 8n : 16n;
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, i) => {
    const part = (first >> (BigInt(bits) - size * BigInt(i + 1))) & ((1n << size) - 1n);
    return part.toString(bits === 32 ? 10 : 16);
  });
  return `${parts.join(bits === 32 ? '.' : ':')}/${prefix}`;
}

/** Whether a block has addresses that no name may lead to, even if somebody declares it. */
export function hasNoEndpoint(block: AddressBlock): boolean {
  return NO_ENDPOINT_BLOCKS.some((other) => contains(block, other) || contains(other, block));
}

/** Blocks that a name may not lead to: the private ones, without those that are declared for it. */
export function forbiddenBlocks(declared: readonly string[]): string[] {
  const holes = blocksOf(declared);
  return blocksOf([...PRIVATE_IPV4, ...PRIVATE_IPV6])
    .flatMap((block) => without(block, holes))
    .map(formatBlock);
}

const NO_ENDPOINT_BLOCKS = blocksOf(NO_ENDPOINT);

/** What is left of a block when others are taken out: by halves, until a half is wholly in or wholly out. */
function without(block: AddressBlock, holes: readonly AddressBlock[]): AddressBlock[] {
  if (holes.some((hole) => contains(hole, block))) return [];
  const inside = holes.filter((hole) => contains(block, hole));
  if (inside.length === 0) return [block];
  const prefix = block.prefix + 1;
  const upper = block.first + (1n << BigInt(block.bits - prefix));
  return [block.first, upper].flatMap((first) => without({ bits: block.bits, first, prefix }, inside));
}

function contains(outer: AddressBlock, inner: AddressBlock): boolean {
  const host = BigInt(outer.bits - outer.prefix);
  return outer.bits === inner.bits && outer.prefix <= inner.prefix && inner.first >> host === outer.first >> host;
}

function blocksOf(texts: readonly string[]): AddressBlock[] {
  return texts.map(parseBlock).filter((block) => block !== undefined);
}

function ipv4Value(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** An IPv4 address may stand at the end, and `::` for as many zeros as are missing. */
function ipv6Value(address: string): bigint {
  const hexadecimal = address.replace(/\d+\.\d+\.\d+\.\d+$/, (tail) => {
    const value = ipv4Value(tail);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const [head = [], tail = []] = hexadecimal.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
