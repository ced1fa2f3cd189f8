import { isIP } from 'node:net';

/** An IP address as a number. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Reads an IPv4 or IPv6 address. */
export function addressOf(text: string): Address {
  if (isIP(text) === 4) return { bits: 32, value: number(text.split('.'), 8n, 10) };
  if (isIP(text) !== 6) throw new Error(`${text} is no address`);
  const [head = '', tail] = text.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(8 - before!.length - after!.length).fill('0');
  return { bits: 128, value: number([...before!, ...zeros, ...after!], 16n, 16) };
}

/** Writes an address as it is read. */
export function textOf({ bits, value }: Address): string {
  const [count, width, radix, mark] = bits === 32 ? [4, 8n, 10, '.'] : [8, 16n, 16, ':'];
  const digits = Array.from(
    { length: count },
    (_, i) => (value >> (width * BigInt(count - 1 - i))) & ((1n << width) - 1n),
  );
  return digits.map((digit) => digit.toString(radix)).join(mark);
}

/** Whether an address is in a block such as `10.0.0.0/8`. */
export function isIn({ bits, value }: Address, cidr: string): boolean {
  const { bits: family, first, last } = bounds(cidr);
  return bits === family && first <= value && value <= last;
}

/**
 * One address of each part that blocks make of all addresses: whatever is true of an address with regard to these blocks
 * is true of one of these.
 */
export function samples(cidrs: readonly string[]): Address[] {
  const found = new Map<string, Address>();
  for (const cidr of ['0.0.0.0/0', '::/0', ...cidrs]) {
    const { bits, first, last } = bounds(cidr);
    for (const value of [first, last + 1n]) {
      if (value >> BigInt(bits) > 0n) continue;
      const address = { bits, value };
      found.set(`${bits} ${cidrs.filter((other) => isIn(address, other)).join()}`, address);
    }
  }
  return [...found.values()];
}

const known = new Map<string, { bits: 32 | 128; first: bigint; last: bigint }>();

function bounds(cidr: string) {
  const cached = known.get(cidr);
  if (cached) return cached;
  const [text = '', length] = cidr.split('/');
  const { bits, value } = addressOf(text);
  const host = BigInt(bits - Number(length));
  const first = (value >> host) << host;
  const bound = { bits, first, last: first + (1n << host) - 1n };
  known.set(cidr, bound);
  return bound;
}

function number(digits: readonly string[], width: bigint, radix: number): bigint {
  return digits.reduce((value, digit) => (value << width) | BigInt(parseInt(digit, radix)), 0n);
}
