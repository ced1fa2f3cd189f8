import fc from 'fast-check';
import {
  ContractError,
  egressProxyDocument,
  forbiddenBlocks,
  parseDocument,
  PRIVATE_IPV4,
  PRIVATE_IPV6,
} from 'agentyard/contract';
import { BlockList } from 'node:net';
import { goldenDocument } from './golden';

const HOST = { name: 'api.example.com', port: 443 };

/** Faults of a document with these members in place of the golden one's. */
function faults(members: Record<string, unknown>): string[] {
  try {
    parseDocument(egressProxyDocument, JSON.stringify({ ...goldenDocument('egress-proxy'), ...members }));
  } catch (error) {
    if (error instanceof ContractError) return error.faults.map((fault) => `${fault.path} ${fault.message}`);
    throw error;
  }
  return [];
}

const withHost = (host: object) => faults({ allowLists: [{ port: 10_000, hosts: [{ ...HOST, ...host }] }] });
const withLists = (...ports: number[]) => faults({ allowLists: ports.map((port) => ({ port, hosts: [HOST] })) });

describe('allow lists of egress-proxy.json', () => {
  it('fill in that hosts speak TLS and lead to public addresses', () => {
    const document = { ...goldenDocument('egress-proxy'), allowLists: [{ port: 10_000, hosts: [HOST] }] };
    const { allowLists } = parseDocument(egressProxyDocument, JSON.stringify(document));
    expect(allowLists[0]?.hosts).toEqual([{ ...HOST, tls: true, privateCidrs: [] }]);
  });

  it.each(['api.example.com', '*.example.com', 'a-b.c_d.example', 'xn--bcher-kva.example', 'a.1b'])(
    'may name %s',
    (name) => expect(withHost({ name })).toEqual([]),
  );

  it.each([
    ...['*', '*.com', '**.example.com', 'a*.example.com', 'api.*.com', '*.*.example.com'],
    ...[
      'API.example.com',
      'api.example.com.',
      '.example.com',
      'localhost',
      'a..b',
      '-a.example.com',
      'api.example.com:443',
    ],
    ...['203.0.113.1', '127.1', '0x7f.1', '1.2.3.0x4', '*.2.3.4', '[::1]', '::1', '2001:db8::1'],
    ...['https://api.example.com', 'api.example.com/x', 'a b.example.com', `${'a'.repeat(64)}.example.com`, ''],
    `${'a.'.repeat(130)}example.com`,
  ])('may not name "%s"', (name) => expect(withHost({ name })).not.toEqual([]));

  it.each(['10.1.2.0/24', '10.1.2.3/32', 'fd00:1::/48', '203.0.113.0/24', '64:ff9b::/96'])(
    'may let a name lead into %s',
    (cidr) => expect(withHost({ privateCidrs: [cidr] })).toEqual([]),
  );

  it.each(['10.1.2.3', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'fe80::1%eth0/64', 'example.com', '10.0.0.0/08', ''])(
    'take no "%s" for a block',
    (cidr) =>
      expect(withHost({ privateCidrs: [cidr] })).toEqual([
        '$.allowLists[0].hosts[0].privateCidrs[0] must be an address with a prefix length',
      ]),
  );

  it.each([
    ...['0.0.0.0/0', '127.0.0.1/32', '169.254.169.254/32', '128.0.0.0/1', '224.0.0.0/8', '0.0.0.0/32'],
    ...['::/0', '::1/128', 'fe80::/64', '::ffff:10.0.0.0/104', 'ff02::/16'],
  ])('let no name lead into %s, whoever declares it', (cidr) =>
    expect(withHost({ privateCidrs: [cidr] })).toEqual([
      '$.allowLists[0].hosts[0].privateCidrs[0] must hold no loopback, link-local, multicast, mapped or unspecified address',
    ]),
  );

  it('have ports of their own, in the range that stands for lists', () => {
    expect(withLists(10_000, 32_767)).toEqual([]);
    expect(withLists(9_999)).toHaveLength(1);
    expect(withLists(32_768)).toHaveLength(1);
    expect(withLists(10_001, 10_002, 10_001)).toEqual([
      '$.allowLists[2].port port 10001 is that of $.allowLists[0] already',
    ]);
    expect(faults({ listen: { port: 17_784 } })).toEqual([
      '$.allowLists[0].port port 17784 is that of $.listen.port already',
    ]);
  });

  it('are as many as Squid has ports, and may be none', () => {
    const ports = (count: number) => Array.from({ length: count }, (_, i) => 10_000 + i);
    expect(withLists(...ports(128))).toEqual([]);
    expect(withLists(...ports(129))).toHaveLength(1);
    expect(withLists()).toEqual([]);
  });

  it('name each host once, though perhaps with and without TLS', () => {
    const hosts = [HOST, { ...HOST, port: 8443 }, { ...HOST, tls: false }, { ...HOST, privateCidrs: ['10.0.0.0/24'] }];
    expect(faults({ allowLists: [{ port: 10_000, hosts }] })).toEqual([
      '$.allowLists[0].hosts[3] api.example.com:443 (TLS) is listed twice',
    ]);
  });
});

describe('turns', () => {
  it('are longer than the drain at their beginning', () => {
    expect(faults({ reload: { replicas: 2, slotMs: 8_000, drainMs: 8_000 } })).toEqual([
      '$.reload.drainMs must be shorter than slotMs',
    ]);
  });
});

describe('blocks that names may not lead to', () => {
  const privateBlocks = [...PRIVATE_IPV4, ...PRIVATE_IPV6];
  /** Node's own reading. A list of both families would take mapped addresses for IPv4. */
  const holds = (blocks: readonly string[], address: string, family: 'ipv4' | 'ipv6'): boolean => {
    const list = new BlockList();
    for (const block of blocks.filter((text) => text.includes(':') === (family === 'ipv6'))) {
      const [first = '', prefix] = block.split('/');
      list.addSubnet(first, Number(prefix), family);
    }
    return list.check(address, family);
  };

  it('are the private ones where nothing is declared', () => {
    expect(forbiddenBlocks([])).toHaveLength(privateBlocks.length);
  });

  it.each<[string, fc.Arbitrary<string>, fc.Arbitrary<string>, 'ipv4' | 'ipv6']>([
    ['IPv4', fc.ipV4(), fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 })).map((parts) => parts.join('/')), 'ipv4'],
    ['IPv6', fc.ipV6(), fc.tuple(fc.ipV6(), fc.integer({ min: 1, max: 128 })).map((parts) => parts.join('/')), 'ipv6'],
  ])('are the private ones without the declared ones, for any address of %s', (_, addresses, blocks, family) => {
    // Near the edges of blocks, where a mistake would show.
    const near = fc
      .constantFrom(...(family === 'ipv4' ? PRIVATE_IPV4 : PRIVATE_IPV6))
      .map((block) => block.split('/')[0]);
    const inside = fc.oneof(addresses, near.map(String));
    fc.assert(
      fc.property(inside, fc.array(blocks, { maxLength: 3 }), (address, declared) => {
        const expected = holds(privateBlocks, address, family) && !holds(declared, address, family);
        expect(holds(forbiddenBlocks(declared), address, family)).toBe(expected);
      }),
    );
  });
});
