import { isIP, isIPv4 } from 'node:net';

/** First and last address, counted from 0.0.0.0; the addresses of IPv6 follow those of IPv4. */
type Interval = readonly [first: bigint, last: bigint];

const FIRST_IPV6 = 1n << 32n;
const LAST = FIRST_IPV6 + (1n << 128n) - 1n;

/** A set of IP addresses. */
export class AddressSet {
  public static readonly all = new AddressSet([[0n, LAST]]);

  /**
   * The addresses of blocks such as `10.0.0.0/8`, of single addresses, or of both.
   *
   * @throws RangeError if a text is neither
   */
  public static of(...blocks: readonly string[]): AddressSet {
    return new AddressSet(joined(blocks.map(interval)));
  }

  /** @param intervals disjoint and in ascending order */
  private constructor(private readonly intervals: readonly Interval[]) {}

  public get isEmpty(): boolean {
    return this.intervals.length === 0;
  }

  /** The highest address; none of an empty set. */
  public get last(): string | undefined {
    const interval = this.intervals.at(-1);
    return interval === undefined ? undefined : spelled(interval[1]);
  }

  public union(other: AddressSet): AddressSet {
    return new AddressSet(joined([...this.intervals, ...other.intervals]));
  }

  public minus(other: AddressSet): AddressSet {
    return new AddressSet(other.intervals.reduce<readonly Interval[]>(cut, this.intervals));
  }

  public intersects(other: AddressSet): boolean {
    return this.intervals.some(([a, b]) => other.intervals.some(([c, d]) => a <= d && c <= b));
  }

  /** The addresses that are in both. */
  public and(other: AddressSet): AddressSet {
    return this.minus(AddressSet.all.minus(other));
  }

  /** Parts of this set, each of which is wholly in or wholly out of every other set. */
  public splitBy(others: readonly AddressSet[]): AddressSet[] {
    return others.reduce<AddressSet[]>(
      (parts, other) => parts.flatMap((part) => [part.and(other), part.minus(other)].filter(({ isEmpty }) => !isEmpty)),
      [this],
    );
  }

  /** Whether all of the others are in this set. */
  public contains(other: AddressSet): boolean {
    return other.intervals.every(([a, b]) => this.intervals.some(([c, d]) => c <= a && b <= d));
  }
}

/** Whether a text is a block or an address. */
export function isBlock(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}

function interval(text: string): Interval {
  if (!isBlock(text)) throw new RangeError(`"${text}" is neither an IP address nor a block of them`);
  const [address = '', length] = text.split('/');
  const bits = isIPv4(address) ? 32 : 128;
  const size = 1n << BigInt(bits - Number(length ?? bits));
  const value = isIPv4(address) ? ipv4(address) : ipv6(address);
  const first = value - (value % size);
  if (bits === 32) return [first, first + size - 1n];
  // IPv4 in the clothes of IPv6 is IPv4, as Go and with it Kubernetes reads it.
  const mapped = first - (0xffffn << 32n);
  if (size <= FIRST_IPV6 && mapped >= 0n && mapped < FIRST_IPV6) return [mapped, mapped + size - 1n];
  return [FIRST_IPV6 + first, FIRST_IPV6 + first + size - 1n];
}

function spelled(value: bigint): string {
  const [rest, parts, bits] = value < FIRST_IPV6 ? [value, 4, 8n] : [value - FIRST_IPV6, 8, 16n];
  const part = (i: number) => (rest >> (bits * BigInt(parts - 1 - i))) & ((1n << bits) - 1n);
  const texts = Array.from({ length: parts }, (_, i) => part(i).toString(parts === 4 ? 10 : 16));
  return texts.join(parts === 4 ? '.' : ':');
}

function ipv4(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function ipv6(text: string): bigint {
  const plain = text.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, (dotted) => {
    const value = ipv4(dotted);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - after.length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...after];
  return all.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}

function joined(intervals: readonly Interval[]): Interval[] {
  const result: [bigint, bigint][] = [];
  for (const [first, last] of [...intervals].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous[1] + 1n) previous[1] = last > previous[1] ? last : previous[1];
    else result.push([first, last]);
  }
  return result;
}

function cut(intervals: readonly Interval[], [c, d]: Interval): Interval[] {
  return intervals.flatMap(([a, b]): Interval[] => {
    if (d < a || b < c) return [[a, b]];
    const left: Interval[] = a < c ? [[a, c - 1n]] : [];
    return b > d ? [...left, [d + 1n, b]] : left;
  });
}
