import type { Path } from 'agentyard/reachability';

/** Ports from the first to the last. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const LAST_PORT = 65_535;

/** Ports that every path has all of or none of. */
export interface Piece {
  readonly ports: Span;
  readonly protocol: (typeof PROTOCOLS)[number];
}

/** The ports of paths in pieces, of which policies treat all ports alike. */
export function piecesOf(paths: readonly Path[]): Piece[] {
  const edges = [...new Set(paths.flatMap(({ ports }) => [ports.first, ports.last + 1]))].sort((a, b) => a - b);
  const spans = edges.slice(0, -1).map((first, i) => ({ first, last: (edges[i + 1] ?? first + 1) - 1 }));
  return PROTOCOLS.flatMap((protocol) => {
    const own = paths.filter((path) => path.protocol === 'any' || path.protocol === protocol);
    const isIn = ({ first }: Span) => own.some(({ ports }) => ports.first <= first && first <= ports.last);
    return spans.filter(isIn).map((ports) => ({ ports, protocol }));
  });
}

/** All ports in pieces, between those that policies name. */
export function piecesBetween(named: readonly number[]): Piece[] {
  const edges = new Set([1, ...named.flatMap((port) => [port, port + 1])]);
  const firsts = [...edges].filter((edge) => edge >= 1 && edge <= LAST_PORT).sort((a, b) => a - b);
  const spans = firsts.map((first, i) => ({ first, last: (firsts[i + 1] ?? LAST_PORT + 1) - 1 }));
  return PROTOCOLS.flatMap((protocol) => spans.map((ports) => ({ ports, protocol })));
}

/** Ports by protocol, as disjoint spans in ascending order. */
export class Ports {
  public static readonly none = new Ports(new Map());

  public static of(paths: readonly Pick<Path, 'ports' | 'protocol'>[]): Ports {
    return new Ports(
      new Map(
        PROTOCOLS.map((protocol) => [
          protocol,
          joined(
            paths.filter((path) => path.protocol === 'any' || path.protocol === protocol).map(({ ports }) => ports),
          ),
        ]),
      ),
    );
  }

  private constructor(private readonly spans: ReadonlyMap<string, readonly Span[]>) {}

  public get isEmpty(): boolean {
    return [...this.spans.values()].every((spans) => spans.length === 0);
  }

  public minus(other: Ports): Ports {
    return new Ports(
      new Map([...this.spans].map(([protocol, spans]) => [protocol, cut(spans, other.spans.get(protocol) ?? [])])),
    );
  }

  /** `TCP 443`, `TCP and UDP 53`, `all ports`. */
  public toString(): string {
    const protocols = new Map<string, string[]>();
    for (const [protocol, spans] of this.spans) {
      if (spans.length === 0) continue;
      const text = spans.map(spanText).join(', ');
      protocols.set(text, [...(protocols.get(text) ?? []), protocol]);
    }
    return [...protocols]
      .map(([text, names]) => (names.length === PROTOCOLS.length ? withAll(text) : `${names.join(' and ')} ${text}`))
      .join(', ');
  }
}

function withAll(text: string): string {
  return text === 'all ports' ? text : `any protocol ${text}`;
}

function spanText({ first, last }: Span): string {
  if (first === 1 && last === LAST_PORT) return 'all ports';
  return first === last ? String(first) : `${first}-${last}`;
}

function joined(spans: readonly Span[]): Span[] {
  const result: { first: number; last: number }[] = [];
  for (const { first, last } of [...spans].sort((a, b) => a.first - b.first)) {
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else result.push({ first, last });
  }
  return result;
}

function cut(spans: readonly Span[], others: readonly Span[]): Span[] {
  return others.reduce<readonly Span[]>((left, other) => left.flatMap((span) => without(span, other)), spans).slice();
}

function without({ first, last }: Span, other: Span): Span[] {
  if (other.last < first || last < other.first) return [{ first, last }];
  const parts = [
    { first, last: other.first - 1 },
    { first: other.last + 1, last },
  ];
  return parts.filter((part) => part.first <= part.last);
}
