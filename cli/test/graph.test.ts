import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { foldedAlike } from '../src/graph/alike';
import { draw } from '../src/graph/draw';
import { mermaid } from '../src/graph/mermaid';
import { svg } from '../src/graph/svg';
import { Evaluated } from '../src/evaluated/evaluated';
import { goldenFolder, goldenObjects, ManifestFolders } from './fixtures/manifest-folder';
import { runCommand } from './fixtures/run-command';

const AGENT = 'Deployment mcp-fabric-agents/support';
const SANDBOX = 'Deployment mcp-fabric-agents/log-analysis';
const GATEWAY = 'Deployment mcp-fabric-gateway/agent-gateway';
const PROXY = 'StatefulSet mcp-fabric-agents/egress-proxy';

async function drawn(edit: (objects: any[]) => void = () => undefined, without: ('dns' | 'metrics')[] = []) {
  const objects = await goldenObjects('fabric-generic-proxy');
  edit(objects);
  return draw(Evaluated.fromObjects(objects), { without: new Set(without) });
}

const named = (objects: any[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

describe('the drawing of apps/fabric.ts', () => {
  it('has who may connect to whom, and what for', async () => {
    const { edges } = await drawn();
    const lines = edges.map(({ from, to, ports, via, reasons }) => [from, to, ports, via, ...reasons].join(' | '));
    expect(lines).toEqual([
      'CronJob mcp-fabric-agents/fabric-trust | to 10.0.0.1/32 | 6443 | direct | NetworkPolicy fabric-trust',
      `${AGENT} | ${SANDBOX} | 8080 | direct | tools log_store, privacy`,
      `${AGENT} | ${PROXY} | ${/\d+/.exec(lines[2]?.split(' | ')[2] ?? '')?.[0]} | direct`,
      `${AGENT} | to api.anthropic.com | 443 | proxy | model`,
      `${GATEWAY} | ${SANDBOX} | 8080 | direct | tools log_store, privacy`,
      `${GATEWAY} | ${AGENT} | 8080 | direct | routes by-name, by-intent`,
      `${GATEWAY} | ${GATEWAY} | 8088 | direct | its other replicas`,
      `from pods app.kubernetes.io/name=ingress-nginx in namespace ingress-nginx | ${GATEWAY} | 8080 | direct | NetworkPolicy agent-gateway`,
    ]);
    expect(edges.some(({ wideOpen }) => wideOpen)).toBe(false);
    expect(edges[1]?.because.join()).toContain('NetworkPolicy mcp-fabric-agents/log-analysis allows it');
  });

  it('notes who may ask DNS, unless that is left out', async () => {
    const notes = async (without: ('dns' | 'metrics')[]) =>
      (await drawn(undefined, without)).nodes.flatMap((node) => node.notes);
    expect((await notes([])).filter((note) => note === 'DNS: any name').length).toBe(3);
    expect((await notes(['dns'])).filter((note) => note.startsWith('DNS'))).toEqual([]);
  });

  it('notes who reads metrics, unless that is left out', async () => {
    const edit = (objects: any[]) => {
      const { data } = named(objects, 'ConfigMap', 'support-config');
      const document = JSON.parse(data['agent.json']);
      data['agent.json'] = JSON.stringify({ ...document, listen: { ...document.listen, metricsPort: 9464 } });
      named(objects, 'NetworkPolicy', 'support').spec.ingress.push({
        from: [
          {
            podSelector: { matchLabels: { app: 'prometheus' } },
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
          },
        ],
        ports: [{ port: 9464, protocol: 'TCP' }],
      });
    };
    const notes = async (without: ('dns' | 'metrics')[]) =>
      (await drawn(edit, without)).nodes.find(({ id }) => id === AGENT)?.notes;
    expect(await notes([])).toContain('metrics: app=prometheus in namespace monitoring');
    expect(await notes(['metrics', 'dns'])).toEqual(['model anthropic claude-sonnet-4-5']);
  });
});

describe('what is wide open', () => {
  it.each<[string, (objects: any[]) => void, string]>([
    [
      'egress to all addresses',
      (objects) =>
        named(objects, 'NetworkPolicy', 'support').spec.egress.push({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }),
      `${AGENT} -> to 0.0.0.0/0`,
    ],
    [
      'no policy',
      (objects) => objects.splice(objects.indexOf(named(objects, 'NetworkPolicy', 'log-analysis')), 1),
      `${SANDBOX} -> to anyone`,
    ],
    [
      'an entry for everybody',
      (objects) => named(objects, 'NetworkPolicy', 'agent-gateway').spec.ingress.push({ ports: [{ port: 8080 }] }),
      `from anyone -> ${GATEWAY}`,
    ],
  ])('%s is red', async (_, edit, line) => {
    const drawing = await drawn(edit);
    const red = drawing.edges.filter(({ wideOpen }) => wideOpen).map(({ from, to }) => `${from} -> ${to}`);
    expect(red).toContain(line);
    expect(await svg(drawing)).toMatch(/<path fill="none" stroke="#cf222e" stroke-width="2.4"/);
    expect(mermaid(drawing)).toMatch(/linkStyle [\d,]+ stroke:#cf222e/);
  });

  it('a gateway without authentication is red', async () => {
    const drawing = await drawn((objects) => {
      const { data } = named(objects, 'ConfigMap', 'agent-gateway-routes');
      data['gateway.json'] = JSON.stringify({ ...JSON.parse(data['gateway.json']), auth: { mode: 'none' } });
    });
    expect(mermaid(drawing)).toMatch(/<b>agent-gateway<\/b>.*no authentication"\}\}:::open/);
  });
});

describe('the SVG', () => {
  it('is one document with a title and all connections in words, the same each time', async () => {
    const drawing = await drawn();
    const picture = await svg(drawing);
    expect(picture).toMatch(
      /^<svg role="img" aria-labelledby="title desc" [^>]*>\s*<title id="title">Who may talk to whom<\/title>/,
    );
    expect(picture).toContain(
      'mcp-fabric-agents/support may connect to api.anthropic.com, port 443, via egress-proxy: model',
    );
    expect(picture).not.toMatch(/<!--|<title>node\d/);
    expect(await svg(await drawn())).toBe(picture);
  });

  it('takes names for text alone', async () => {
    const hostile = '"><script>alert(1)</script>&\u0007';
    const node = { id: 'a', kind: 'host' as const, name: hostile, notes: [hostile], warnings: [] };
    const drawing = { nodes: [node], edges: [] };
    const picture = await svg(drawing);
    expect(picture).not.toContain('<script');
    expect(picture).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(mermaid(drawing)).not.toMatch(/<script|"></);
  });
});

describe('many workloads', () => {
  it('are drawn as one if they are alike, with all their names', async () => {
    const objects = await goldenObjects('fabric-generic-proxy');
    const copies = [...Array(5).keys()].flatMap((i) => copiesOf(objects, `support-${i}`));
    const drawing = draw(Evaluated.fromObjects([...objects, ...copies]), { without: new Set() });
    const agents = (nodes: typeof drawing.nodes) => nodes.filter(({ kind }) => kind === 'agent');
    expect(agents(drawing.nodes).length).toBe(6);
    const folded = foldedAlike(drawing);
    expect(agents(folded.nodes).map(({ name, notes }) => [name, ...notes])).toEqual([
      [
        '6 alike',
        'support, support-0, support-1, support-2',
        'support-3, support-4',
        'model anthropic claude-sonnet-4-5',
        'DNS: any name',
      ],
    ]);
    expect(
      folded.edges.every(({ from, to }) => [from, to].every((id) => folded.nodes.some((node) => node.id === id))),
    ).toBe(true);
  });
});

describe('agentyard graph', () => {
  let folders: ManifestFolders;
  beforeEach(async () => {
    folders = await ManifestFolders.open();
  });
  afterEach(() => folders.close());

  it('draws Mermaid, and writes a file with -o', async () => {
    const folder = await folders.write('dist', await goldenObjects('fabric'));
    const file = path.join(folder, '../graph.mmd');
    expect((await runCommand('graph', folder)).output).toMatch(
      /^flowchart LR\n {2}subgraph ns1\["mcp-fabric-agents"\]\n/,
    );
    expect(await runCommand('graph', folder, '-o', file)).toEqual({ code: 0, output: '', errors: '' });
    expect(await readFile(file, 'utf8')).toMatch(/^flowchart LR\n/);
  });

  it('draws what one workload is connected to', async () => {
    const { output } = await runCommand('graph', goldenFolder('fabric'), '--format', 'json', '--for', 'agent-gateway');
    const { nodes, edges } = JSON.parse(output) as ReturnType<typeof draw>;
    expect(nodes.map(({ name }) => name)).toEqual(['ingress-nginx', 'agent-gateway', 'support', 'log-analysis']);
    expect(edges.length).toBe(4);
  });

  it.each([
    [['/not/there'], 'the manifests folder /not/there does not exist'],
    [[goldenFolder('fabric'), '--for', 'nobody'], '--for nobody: there is no such workload; there are mcp-fabric-'],
    [[goldenFolder('fabric'), '--without', 'dns,all'], 'It must be dns, metrics or both: dns,metrics.'],
    [[goldenFolder('fabric'), '-o', '/not/there/x'], '/not/there/x cannot be written'],
  ])('ends with 1 for %j', async (args, message) => {
    const { code, errors } = await runCommand('graph', ...args);
    expect(code).toBe(1);
    expect(errors).toContain(message);
  });
});

/** Another agent of the same kind, with what it needs to be connected alike. */
function copiesOf(objects: any[], name: string): any[] {
  const workload = structuredClone(named(objects, 'Deployment', 'support'));
  const policy = structuredClone(named(objects, 'NetworkPolicy', 'support'));
  workload.metadata.name = name;
  policy.metadata.name = name;
  workload.spec.template.metadata.labels.copy = name;
  policy.spec.podSelector.matchLabels.copy = name;
  return [workload, policy];
}
