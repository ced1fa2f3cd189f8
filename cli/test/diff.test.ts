import fc from 'fast-check';
import { Difference } from '../src/diff/difference';
import { report } from '../src/diff/report';
import { Evaluated } from '../src/evaluated/evaluated';
import { AGENT, between, changed, document, program, type Json, type RandomConnection } from './fixtures/difference';
import { goldenFolder, goldenObjects, ManifestFolders } from './fixtures/manifest-folder';
import { runCommand } from './fixtures/run-command';

describe('the difference', () => {
  const connection = fc.record({
    from: fc.nat(3),
    to: fc.nat(3),
    port: fc.constantFrom(80, 443, 8080),
    cidr: fc.constantFrom(undefined, '10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/0'),
  });
  const connections = fc.array(connection, { maxLength: 6 });

  it('of anything and itself is empty', () => {
    fc.assert(
      fc.property(connections, (list) => {
        expect(between(program(list), program(list))).toEqual({ widened: false, lines: [] });
      }),
      { numRuns: 40 },
    );
  });

  it('is the other way round from the other side', () => {
    const flip = { '+': '-', '-': '+', '~': '~' } as const;
    fc.assert(
      fc.property(connections, connections, (a, b) => {
        const [before, after] = [a, b].map((list) => Evaluated.fromObjects(program(list))) as [Evaluated, Evaluated];
        const key = (sign: string, { place, group, subject }: Json) => `${sign} ${place} ${group} ${subject}`;
        const there = Difference.between(before, after).changes.map((change) => key(change.sign, change));
        const back = Difference.between(after, before).changes.map((change) => key(flip[change.sign], change));
        expect(there.sort()).toEqual(back.sort());
      }),
      { numRuns: 60 },
    );
  });

  it('widens with each connection that is added, and with none that is there already', () => {
    fc.assert(
      fc.property(connections, connection, (list, added) => {
        const before = Evaluated.fromObjects(program(list));
        const [from, to] = [added.from, added.to].map((i) => before.platform.workload('random', `w${i}`));
        const target = added.cidr === undefined ? to : added.cidr;
        const isThere = before.platform.canReach(from as Json, target as Json, added.port).allowed;
        const covered = added.cidr === undefined ? isThere : list.some((one) => covers(one, added));
        expect(between(program(list), program([...list, added])).widened).toBe(!covered);
      }),
      { numRuns: 100 },
    );
  });

  it('of the golden manifests of all engines is mirrored, too', async () => {
    const names = ['fabric', 'fabric-generic-proxy', 'fabric-generic-cilium', 'fabric-eks-eks', 'fabric-gke-gke'];
    const sides = await Promise.all(names.map(async (name) => Evaluated.fromObjects(await goldenObjects(name))));
    for (const a of sides) {
      for (const b of sides) {
        const signs = (difference: Difference) => (['+', '-', '~'] as const).map((sign) => difference.count(sign));
        const [plus, minus, other] = signs(Difference.between(a, b));
        expect(signs(Difference.between(b, a))).toEqual([minus, plus, other]);
      }
    }
  });
});

describe('agentyard diff', () => {
  let folders: ManifestFolders;
  beforeEach(async () => {
    folders = await ManifestFolders.open();
  });
  afterEach(() => folders.close());

  it('ends with 0 and says so if nothing changed', async () => {
    const folder = goldenFolder('fabric-generic-proxy');
    expect(await runCommand('diff', folder, folder)).toEqual({ code: 0, output: 'No difference.\n', errors: '' });
  });

  it('ends with 2 if access widened, and with 0 the other way round', async () => {
    const args = [goldenFolder('fabric'), goldenFolder('fabric-generic-proxy')] as const;
    const wider = await runCommand('diff', ...args);
    expect(wider.code).toBe(2);
    expect(wider.output).toContain(
      `${AGENT}\n  + may connect to api.anthropic.com, through the egress proxy: TCP 443\n  + reads Secret anthropic-credentials\n`,
    );
    const { code, output } = await runCommand('diff', ...[...args].reverse(), '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ widened: false });
  });

  it('ends with 1 and names a policy that it does not understand', async () => {
    const policy = { apiVersion: 'cilium.io/v2', kind: 'CiliumClusterwideNetworkPolicy', metadata: { name: 'all' } };
    const before = await goldenObjects('fabric');
    const folder = await folders.write('new', [...before, policy]);
    const { code, output, errors } = await runCommand('diff', goldenFolder('fabric'), folder);
    expect([code, output]).toEqual([1, '']);
    expect(errors).toContain('CiliumClusterwideNetworkPolicy all');
  });

  it('ends with 1 if a folder or a document cannot be read', async () => {
    const missing = await runCommand('diff', '/not/there', goldenFolder('fabric'));
    expect(missing.code).toBe(1);
    expect(missing.errors).toContain('error: the manifests folder /not/there does not exist');
    const objects: Json[] = await goldenObjects('fabric');
    objects.find(({ metadata }) => metadata.name === 'support-config').data['agent.json'] = '{}';
    const broken = await runCommand('diff', goldenFolder('fabric'), await folders.write('broken', objects));
    expect(broken.code).toBe(1);
    expect(broken.errors).toContain(`error: Deployment ${AGENT}: `);
  });
});

describe('what may be connected only perhaps', () => {
  const rules = (before: object[], added: object) => {
    const edit = (egress: object[]) => {
      const objects = program([]);
      const policy: Json = objects.find(({ kind }) => kind === 'NetworkPolicy');
      policy.spec.egress = egress;
      return objects;
    };
    return between(edit(before), edit([...before, added])).lines;
  };
  const rule = (to: object, port: number) => ({ to: [to], ports: [{ port, protocol: 'TCP' }] });
  const pods = (matchLabels: object, more: object = {}) => ({ podSelector: { matchLabels, ...more } });

  it('addresses beside a smaller block', () => {
    const small = rule({ ipBlock: { cidr: '10.1.0.0/16' } }, 443);
    const large = (port: number) => rule({ ipBlock: { cidr: '10.0.0.0/8' } }, port);
    expect(rules([small, large(80)], large(443))).toEqual([
      '+ random/w0: may connect to 10.0.0.0/8 except 10.1.0.0/16: TCP 443',
    ]);
  });

  it('pods beside others that are selected more narrowly', () => {
    const others = { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['x'] }] };
    const narrow = [
      [pods({ app: 'db', tier: 'x' }), 'app=db'],
      [pods({ app: 'db' }, others), 'app=db, tier=x'],
    ] as const;
    for (const [one, text] of narrow) {
      const before = [rule(one, 443), rule(pods({ app: 'db' }), 80)];
      expect(rules(before, rule(pods({ app: 'db' }), 443))).toEqual([
        `+ random/w0: may connect to pods ${text} in namespace random: TCP 443`,
      ]);
    }
  });

  it('a host beside a block that it may lead into', async () => {
    const { lines } = await changed('fabric-generic-cilium', (find) => {
      find('NetworkPolicy', 'support').spec.egress.push(rule({ ipBlock: { cidr: '203.0.113.0/24' } }, 8443));
    });
    // Manifests do not say where the API server is, so it may be there.
    expect(lines).toEqual([
      `+ ${AGENT}: may connect to 203.0.113.0/24: TCP 8443`,
      `+ ${AGENT}: may connect to the API server: TCP 8443`,
    ]);
    const more = await changed('fabric-generic-cilium', (find, objects) => {
      find('NetworkPolicy', 'support').spec.egress.push(rule({ ipBlock: { cidr: '203.0.113.0/24' } }, 8443));
      const named = objects.find(
        ({ kind, metadata }) => kind === 'CiliumNetworkPolicy' && /support/.test(metadata.name),
      );
      for (const { toFQDNs, toPorts } of named.spec.egress) {
        if (toFQDNs !== undefined) toPorts[0].ports.push({ port: '8443', protocol: 'TCP' });
      }
    });
    expect(more.lines).toContain(`+ ${AGENT}: may connect to api.anthropic.com: TCP 8443`);
  });
});

describe('the report for pull requests', () => {
  it('says in its heading whether access widened, and takes names for text alone', async () => {
    const before = await goldenObjects('fabric');
    const after: Json[] = structuredClone(before);
    const routes = after.find(({ metadata }) => metadata.name === 'agent-gateway-routes');
    document(routes, (gateway) => (gateway.routes[1].match.pattern = '<img src=x>\n# [a](b) @all'));
    const difference = Difference.between(Evaluated.fromObjects(before), Evaluated.fromObjects(after));
    const text = report(difference, 'markdown');
    expect(text).toMatch(/^### Agentyard: this change permits more\n/);
    expect(text).toContain(
      'whose intent matches &#60;img src=x&#62;&#92;u000a&#35; &#91;a&#93;&#40;b&#41; &#64;all to agent support',
    );
    expect(
      report(Difference.between(Evaluated.fromObjects(before), Evaluated.fromObjects(before)), 'markdown'),
    ).toMatch(/^### Agentyard: nothing is newly permitted\n\nNo difference\.\n/);
  });
});

/** Whether one rule lets a workload out to all addresses that another does. */
function covers(wide: RandomConnection, narrow: RandomConnection): boolean {
  const larger: Record<string, readonly string[]> = {
    '0.0.0.0/0': ['0.0.0.0/0'],
    '10.0.0.0/8': ['0.0.0.0/0', '10.0.0.0/8'],
    '10.1.0.0/16': ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16'],
  };
  const holds = larger[narrow.cidr ?? '']?.includes(wide.cidr ?? '') ?? false;
  return wide.from === narrow.from && wide.port === narrow.port && holds;
}
