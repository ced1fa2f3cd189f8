import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { kubernetesYaml } from 'agentyard/reachability';
import { Manifests } from '../src/dev/manifests';
import { runDiff } from '../src/diff/run';
import { deployment } from './fixtures/small-platform';

const pod = (spec: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: a, namespace: agents }
spec:
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec: { ${spec} }
`;
const privileged = { containers: [{ name: 'main', image: 'x', securityContext: { privileged: true } }] };

describe('what kubectl would apply', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'agentyard-reading-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  type Files = Readonly<Record<string, string | object>>;

  async function folder(name: string, files: Files): Promise<string> {
    const directory = path.join(root, name);
    await mkdir(directory);
    for (const [file, content] of Object.entries(files)) {
      await writeFile(path.join(directory, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return directory;
  }

  async function told(before: Files, after: Files) {
    const printed: string[] = [];
    const terminal = { out: (text: string) => printed.push(text), err: (text: string) => printed.push(text) };
    const options = {
      before: await folder('old', before),
      after: await folder('new', after),
      format: 'text',
    } as const;
    const code = await runDiff(options, { ...terminal, color: false });
    return { code, lines: printed.join('').split('\n') };
  }

  it('is YAML 1.1, in which yes is true', async () => {
    const spec = (word: string) =>
      `hostNetwork: ${word}, automountServiceAccountToken: ${word}, ` +
      `containers: [{ name: c, image: x, securityContext: { privileged: ${word} } }]`;
    const { code, lines } = await told({ 'a.yaml': pod(spec('no')) }, { 'a.yaml': pod(spec('yes')) });
    expect(code).toBe(2);
    expect(lines.filter((line) => line.startsWith('  '))).toEqual([
      '  + holds a token of ServiceAccount default for the API server',
      '  + container c: is privileged: it may do all that its node may',
      '  + uses the network of its node, past every policy',
    ]);
  });

  it('has the objects that stand in lists, and in lists within them', async () => {
    const list = (spec: object) => ({
      apiVersion: 'v1',
      kind: 'List',
      metadata: {},
      items: [{ apiVersion: 'apps/v1', kind: 'DeploymentList', items: [deployment('a', spec)] }],
    });
    const { code, lines } = await told({ 'a.json': list({}) }, { 'a.json': list(privileged) });
    expect(code).toBe(2);
    expect(lines).toContain('  + container main: is privileged: it may do all that its node may');
  });

  it('is the same for agentyard dev and graph', async () => {
    const items = [
      deployment('a'),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'agents' } },
    ];
    const manifests = await Manifests.load(
      await folder('listed', {
        'a.json': { apiVersion: 'v1', kind: 'List', items },
        'b.yml': pod(
          'containers: [{ name: c, image: x }], volumes: [{ name: v, secret: { secretName: s, defaultMode: 0400 } }]',
        ).replace('name: a', 'name: b'),
      }),
    );
    expect(manifests.deployments.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(manifests.deployments[1]!.spec.template.spec.volumes).toMatchObject([{ secret: { defaultMode: 256 } }]);
    expect(manifests.configMap('agents', 'c')).toBeDefined();
  });

  it('has JSON files, but not those with other content', async () => {
    const before = { 'a.yaml': JSON.stringify(deployment('a')), 'package.json': { name: 'platform' } };
    const { code, lines } = await told(before, { ...before, 'b.json': deployment('b', privileged) });
    expect(code).toBe(2);
    expect(lines).toContain('agents/b');
  });

  it('has files behind links', async () => {
    const elsewhere = path.join(await folder('elsewhere', { 'a.yaml': deployment('a') }), 'a.yaml');
    await symlink(elsewhere, path.join(await folder('linked', {}), 'a.yaml'));
    const { deployments } = await Manifests.load(path.join(root, 'linked'));
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  it.each([
    ['JSON that is broken', { 'a.json': '{' }, 'a.json is not valid JSON: '],
    ['an object of a list without a name', { 'a.yaml': 'kind: List\nitems: [{ kind: X }]\n' }, 'document 1, item 1'],
  ])('is refused if it has %s', async (_, files, message) => {
    await expect(Manifests.load(await folder('refused', files))).rejects.toThrow(message);
  });
});

/** As `kubectl label --local -o json` prints them, version 1.32. */
describe('a value in YAML', () => {
  it.each<[text: string, value: unknown]>([
    ...(['yes', 'Yes', 'YES', 'y', 'Y', 'on', 'true', 'TRUE'] as const).map((text): [string, unknown] => [text, true]),
    ...(['no', 'No', 'n', 'N', 'off', 'False'] as const).map((text): [string, unknown] => [text, false]),
    ['yES', 'yES'],
    ['"yes"', 'yes'],
    ['!!str yes', 'yes'],
    ['0644', 420],
    ['0o644', 420],
    ['-0o644', -420],
    ['0_644', 420],
    ['"0644"', '0644'],
    ['08', 8],
    ['0o8', '0o8'],
    ['0x10', 16],
    ['0b11', 3],
    ['1_000', 1000],
    ['1e3', 1000],
    ['.5', 0.5],
    ['1:30', '1:30'],
    ['12:34:56', '12:34:56'],
    ['190:20:30.15', '190:20:30.15'],
    ['2024-01-01', '2024-01-01'],
    ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
    ['~', null],
    ['NULL', null],
  ])('%s is what it is for Kubernetes', (text, value) => {
    expect(kubernetesYaml(`value: ${text}\n`)).toEqual([{ value }]);
  });

  it('may be merged from another, and a key may be a boolean', () => {
    expect(kubernetesYaml('base: &base { a: 1 }\nother: { <<: *base, on: 2 }\n')).toEqual([
      { base: { a: 1 }, other: { a: 1, true: 2 } },
    ]);
  });

  it('is one of several documents, or none', () => {
    expect(kubernetesYaml('a: 1\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
    expect(kubernetesYaml('')).toEqual([]);
  });
});
