import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { API_KEY_PATTERN, apiKeyDocument, parseDocument, type ApiKeyDocument } from 'agentyard/contract';
import { runCommand } from '../../cli/test/fixtures/run-command';
import { accountKubeconfig } from '../cluster/account-kubeconfig';
import type { KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { kubectlFolder } from '../cluster/kubectl';

const DOCS = path.join(__dirname, '../../docs/api-keys.md');
const NAMESPACE = 'agents';
const NAME = 'gateway-api-keys';
const DAY = 86_400_000;

jest.setTimeout(120_000);

/** A real API server and kubectl. */
describe('agentyard keys', () => {
  let cluster: Cluster;
  let folder: string;
  const searched = process.env.PATH;

  beforeAll(async () => {
    cluster = await startCluster();
    folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
    process.env.PATH = `${kubectlFolder()}:${searched}`;
    await cluster.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  }, START_TIMEOUT);
  afterAll(async () => {
    process.env.PATH = searched;
    rmSync(folder, { recursive: true, force: true });
    await cluster?.stop();
  });

  const secretNamed = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE },
    type: 'Opaque',
  });

  /** The entries of a Secret, as a gateway would read them. */
  async function documents(name: string): Promise<Record<string, ApiKeyDocument>> {
    const { data = {} } = ((await cluster.api.read(secretNamed(name))) ?? {}) as { data?: Record<string, string> };
    const parsed = Object.entries(data).map(([entry, text]) => [
      entry,
      parseDocument(apiKeyDocument, Buffer.from(text, 'base64').toString()),
    ]);
    return Object.fromEntries(parsed) as Record<string, ApiKeyDocument>;
  }

  const keys = (words: readonly string[], { name = NAME, kubeconfig = cluster.kubeconfig } = {}) =>
    runCommand('keys', ...words, '--secret', name, '-n', NAMESPACE, '--kubeconfig', kubeconfig);

  /** Runs a command that has to succeed, and gives its standard output. */
  async function done(words: readonly string[], options: Parameters<typeof keys>[1] = {}): Promise<string> {
    const { code, output, errors } = await keys(words, options);
    expect({ code, errors }).toEqual({ code: 0, errors: expect.not.stringMatching(/warning|error/i) as string });
    return output;
  }

  /** The id of a key that was printed, if its hash is in the Secret. */
  async function idOf(printed: string, name = NAME): Promise<string> {
    const key = printed.trim();
    const id = API_KEY_PATTERN.exec(key)?.[1] ?? '';
    const sha256 = createHash('sha256').update(key).digest('hex');
    expect((await documents(name))[id]).toMatchObject({ id, sha256 });
    return id;
  }

  const create = (user: string, ...more: string[]) => ['create', '--user', user, '--expires', '90d', ...more];
  const kubectl = (...words: string[]) =>
    execFileSync('kubectl', ['--kubeconfig', cluster.kubeconfig, ...words], { encoding: 'utf8' });

  it('makes the Secret, and keys in it that a gateway reads', async () => {
    const id = await idOf(await done(create('jane', '--role', 'analyst', '--role', 'admin')));
    expect((await documents(NAME))[id]).toMatchObject({ user: 'jane', roles: ['analyst', 'admin'] });
    const [listed] = JSON.parse(await done(['list', '--json'])) as object[];
    expect(listed).toMatchObject({ id, user: 'jane', state: 'valid' });
    expect((await cluster.api.read(secretNamed(NAME)))?.type).toBe('Opaque');
  });

  it('says that the namespace is missing', async () => {
    const where = ['--secret', NAME, '-n', 'nowhere', '--kubeconfig', cluster.kubeconfig];
    const { code, output, errors } = await runCommand('keys', ...create('jane'), ...where);
    expect([code, output]).toEqual([1, '']);
    expect(errors).toMatch(/^error: .*namespaces "nowhere" not found; see --namespace/);
  });

  it('loses no key when several are made at once, the first ones with the Secret', async () => {
    const name = 'made-at-once';
    const printed = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((user) => done(create(user), { name })));
    const ids = await Promise.all(printed.map((key) => idOf(key, name)));
    expect(Object.keys(await documents(name)).sort()).toEqual(ids.sort());
  });

  it('loses no change when keys are made, rotated and revoked at once', async () => {
    const name = 'changed-at-once';
    const printed = [];
    for (const user of ['a', 'b', 'c', 'd']) printed.push(await done(create(user), { name }));
    const [a = '', b = '', c = '', d = ''] = await Promise.all(printed.map((key) => idOf(key, name)));
    const [made = '', , second = '', third = ''] = await Promise.all([
      done(create('e'), { name }),
      done(['revoke', a, d], { name }),
      done(['rotate', b, '--overlap', '2d'], { name }),
      done(['rotate', c, '--now'], { name }),
    ]);
    const ids = await Promise.all([made, second, third].map((key) => idOf(key, name)));
    const after = await documents(name);
    expect(Object.keys(after).sort()).toEqual([b, ...ids].sort());
    expect(ids.map((id) => after[id]?.user)).toEqual(['e', 'b', 'c']);
    expect(Date.parse(after[b]?.expiresAt ?? '') - Date.now()).toBeLessThanOrEqual(2 * DAY);
  });

  it('works with the rights that the documentation names, and with no others', async () => {
    const [, text = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(DOCS, 'utf8')) ?? [];
    const role = parse(text) as KubernetesObject;
    expect(role.metadata.namespace).toBe(NAMESPACE);
    await cluster.api.create(role);
    const kubeconfig = path.join(folder, 'limited.kubeconfig');
    await accountKubeconfig(cluster, { namespace: NAMESPACE, name: 'limited', role: role.metadata.name }, kubeconfig);
    const id = await idOf(await done(create('jo'), { kubeconfig }));
    const successor = await idOf(await done(['rotate', id], { kubeconfig }));
    await done(['revoke', id], { kubeconfig });
    expect(await done(['list'], { kubeconfig })).toContain(`${successor}  jo `);
    expect(await documents(NAME)).not.toHaveProperty(id);
    for (const words of [create('jo'), ['list'], ['revoke', 'x'], ['rotate', 'x']]) {
      const { code, output, errors } = await keys(words, { kubeconfig, name: 'made-at-once' });
      expect([code, output]).toEqual([1, '']);
      expect(errors).toMatch(/^error: .*is forbidden: .*; docs\/api-keys\.md lists the rights that are needed\n$/);
    }
  });

  it('finds the Secret made beforehand that the documentation shows, while it may not make one', async () => {
    await cluster.api.delete(secretNamed(NAME));
    const kubeconfig = path.join(folder, 'limited.kubeconfig');
    const refused = await keys(create('jo'), { kubeconfig });
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.errors).toContain('cannot create resource "secrets"');
    const [, command = ''] = /```sh\nkubectl (.* create secret .*)\n```/.exec(readFileSync(DOCS, 'utf8')) ?? [];
    kubectl(...command.split(' '));
    await idOf(await done(create('jo'), { kubeconfig }));
  });

  describe('in a repository', () => {
    const name = 'from-repository';
    const file = () => path.join(folder, 'manifest.yaml');
    const patch = () => path.join(folder, 'patch.yaml');
    const printed = async (words: readonly string[]): Promise<string> => {
      const { code, output } = await keys([...words, '--print'], { name });
      expect(code).toBe(0);
      return output;
    };
    /** Merges what was printed into the manifest, as Kustomize does it, and applies the result. */
    const merge = (text: string) => {
      writeFileSync(patch(), text);
      const resources = { resources: ['manifest.yaml'], patches: [{ path: 'patch.yaml' }] };
      writeFileSync(path.join(folder, 'kustomization.yaml'), stringify(resources));
      writeFileSync(file(), kubectl('kustomize', folder));
      return kubectl('apply', '--filename', file());
    };

    it('is made, added to, rotated and revoked, beside keys that are not in the repository', async () => {
      writeFileSync(file(), await printed(create('first', '--role', 'analyst')));
      kubectl('apply', '--filename', file());
      const [first = ''] = Object.keys(await documents(name));
      const beside = await idOf(await done(create('beside'), { name }), name);

      merge(await printed(create('second')));
      const users = async () => Object.values(await documents(name)).map(({ user }) => user);
      expect((await users()).sort()).toEqual(['beside', 'first', 'second']);

      merge(await printed(['rotate', first, '--overlap', '1h']));
      expect((await users()).sort()).toEqual(['beside', 'first', 'first', 'second']);
      expect(Date.parse((await documents(name))[first]?.expiresAt ?? '')).toBeLessThan(Date.now() + DAY);

      merge(await printed(['revoke', first]));
      expect((await users()).sort()).toEqual(['beside', 'first', 'second']);
      expect(Object.keys(await documents(name))).toContain(beside);
      expect(await documents(name)).not.toHaveProperty(first);
    });

    it('keeps the keys that are not in the repository when the manifest is applied server-side', async () => {
      const before = Object.keys(await documents(name));
      kubectl('apply', '--server-side', '--force-conflicts', '--filename', file());
      expect(Object.keys(await documents(name))).toEqual(before);
    });

    it.each([
      ['client-side', []],
      ['server-side', ['--server-side']],
    ])('is told of when its entries are removed from the cluster alone: %s', async (how, flags) => {
      const other = `applied-${how}`;
      const { output } = await keys([...create('first'), '--print'], { name: other });
      writeFileSync(file(), output);
      kubectl('apply', ...flags, '--filename', file());
      const [first = ''] = Object.keys(await documents(other));
      const beside = await idOf(await done(create('beside'), { name: other }), other);
      expect((await keys(['revoke', beside], { name: other })).errors).not.toContain('warning');
      expect((await keys(['revoke', first], { name: other })).errors).toContain(
        `warning: ${first} came from a manifest`,
      );
      kubectl('apply', ...flags, '--filename', file());
      expect(Object.keys(await documents(other))).toEqual([first]);
    });
  });

  it('leaves what it has made where agentyard prune removes the rest', async () => {
    const pruned = mkdtempSync(path.join(folder, 'pruned-'));
    const manifest = path.join(pruned, 'all.yaml');
    const labels = { 'agentyard.dev/app': 'shop' };
    const object = (kind: string, apiVersion = 'v1', rest = {}) => ({
      apiVersion,
      kind,
      metadata: { name: 'shop', namespace: NAMESPACE, labels },
      ...rest,
    });
    const account = object('ServiceAccount');
    const config = object('ConfigMap');
    await done(create('jane'), { name: 'beside-an-app' });
    for (const objects of [[account, config], [account]]) {
      writeFileSync(manifest, objects.map((one) => stringify(one)).join('---\n'));
      const { output } = await runCommand('prune', pruned);
      const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
      execFileSync('sh', ['-ec', output], { env, stdio: 'pipe' });
    }
    expect(await cluster.api.read(config)).toBeUndefined();
    expect(await cluster.api.read(account)).toBeDefined();
    expect(Object.values(await documents('beside-an-app'))).toMatchObject([{ user: 'jane' }]);
  });
});
