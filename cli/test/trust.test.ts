import path from 'node:path';
import { signingKeys, trustBundle, type SigningKeys, type TrustBundle } from 'agentyard/contract';
import { dataOfText, type KeptObject } from '@agentyard/runtime-kit';
import { runTrust } from '../src/trust/run';
import { ManifestFolders } from './fixtures/manifest-folder';
import { runCommand } from './fixtures/run-command';
import { clusterKey, TrustStore } from './fixtures/trust-store';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const DAY = 86_400_000;
const bundle: KeptObject = { kind: 'ConfigMap', namespace: 'agents', name: 'shop-trust-bundle' };
const secret: KeptObject = { kind: 'Secret', namespace: 'front', name: 'gateway-signing-keys' };

const trustOf = (id: string, document: object | string = {}) => {
  const full = {
    kind: 'Trust',
    version: 1,
    name: `${id}-trust`,
    namespace: 'front',
    bundles: [{ namespace: 'agents', configMap: `${id}-trust-bundle` }],
    gateways: [{ issuer: 'agentyard:front/gateway', namespace: 'front', secret: 'gateway-signing-keys' }],
    rotation: { everyMs: DAY, leadMs: 1_800_000, keepMs: 3_600_000 },
    ...(document as object),
  };
  const text = typeof document === 'string' ? document : JSON.stringify(full);
  const metadata = { name: `${id}-trust`, namespace: 'front' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'trust.json': text } };
};

describe('agentyard trust', () => {
  let folders: ManifestFolders;
  let store: TrustStore;
  let shop: string;

  beforeAll(async () => {
    folders = await ManifestFolders.open();
    shop = await folders.write('shop', [trustOf('shop')]);
  });
  afterAll(() => folders.close());
  beforeEach(() => {
    store = new TrustStore();
    for (const object of [bundle, secret]) store.put(object);
  });

  const folderOf = (name: string) => path.join(shop, '..', name);

  /** The command, for the manifests of a name. */
  async function trust({ name = 'shop', print = false, now = NOW } = {}) {
    const printed = { output: '', errors: '' };
    const terminal = {
      out: (text: string) => void (printed.output += text),
      err: (text: string) => void (printed.errors += text),
      color: false,
    };
    const manifests = folderOf(name);
    const code = await runTrust({ manifests, print }, store.kubectl, terminal, () => now);
    return { code, ...printed };
  }

  const keys = () => (JSON.parse(store.entriesOf(secret)[signingKeys.file] ?? '{}') as SigningKeys).keys;
  const published = () => JSON.parse(store.entriesOf(bundle)[trustBundle.file] ?? '{}') as TrustBundle;

  it('does what the job does, and says what it has done', async () => {
    const { code, output, errors } = await trust();
    expect([code, errors]).toEqual([0, '']);
    expect(output).toBe(
      [
        'front/shop-trust, in the cluster of context staging:',
        '  wrote ConfigMap agents/shop-trust-bundle: 2 keys added',
        '  wrote Secret front/gateway-signing-keys: a signing key of agentyard:front/gateway, which signs from 2030-01-01T00:00:00.000Z on',
        '  pods know it within 90 s',
        '',
      ].join('\n'),
    );
    const [{ kid, x }] = keys() as [SigningKeys['keys'][number]];
    expect(published().gateways).toMatchObject([{ issuer: 'agentyard:front/gateway', keys: [{ kid, x }] }]);
    expect(published().cluster.keys).toEqual(store.keys);
  });

  it('shows private keys to nobody: not in its output, and not among the words of a command', async () => {
    const { output } = await trust();
    const [{ d }] = keys() as [SigningKeys['keys'][number]];
    const encoded = dataOfText(secret, store.entriesOf(secret))[signingKeys.file] ?? '';
    for (const text of [output, ...store.calls.flat()]) {
      expect(text).not.toContain(d);
      expect(text).not.toContain(encoded);
    }
  });

  it('says that there is nothing to do', async () => {
    await trust();
    const { code, output } = await trust();
    expect([code, output]).toEqual([0, expect.stringContaining('  nothing to do, all keys are as they should be\n')]);
    expect(output).not.toContain('pods know');
  });

  it('says which keys follow and which have gone', async () => {
    await trust();
    const next = await trust({ now: NOW + DAY });
    expect(next.output.match(/wrote \w+ \S+ .*/g)).toEqual([
      'wrote ConfigMap agents/shop-trust-bundle: 1 key added',
      `wrote Secret front/gateway-signing-keys: a signing key of agentyard:front/gateway, which signs from 2030-01-02T00:30:00.000Z on`,
      'wrote ConfigMap agents/shop-trust-bundle: when keys end',
    ]);
    store.keys = [clusterKey('cluster-2')];
    const later = await trust({ now: NOW + 1.5 * DAY });
    expect(later.output).toContain('wrote ConfigMap agents/shop-trust-bundle: 1 key added, 1 key removed');
    expect(later.output).toContain(
      'removed from Secret front/gateway-signing-keys: 1 key that no claim needs any more',
    );
    expect(keys()).toHaveLength(1);
  });

  it('says with --print what it would do, and does nothing', async () => {
    const { code, output } = await trust({ print: true });
    expect(code).toBe(0);
    expect(output).toContain('  would write ConfigMap agents/shop-trust-bundle: 2 keys added\n');
    expect(output).toContain(
      '  would write Secret front/gateway-signing-keys: a signing key of agentyard:front/gateway',
    );
    expect(output).not.toContain('pods know');
    expect([store.entriesOf(bundle), store.entriesOf(secret)]).toEqual([{}, {}]);
    expect(store.calls.filter((words) => words.includes('replace'))).toEqual([]);
  });

  it('keeps every program of the manifests', async () => {
    await folders.write('two', [trustOf('shop'), trustOf('bank', { gateways: [] })]);
    const { code, output, errors } = await trust({ name: 'two' });
    expect(code).toBe(1);
    expect(output).toContain('front/shop-trust, in the cluster of context staging:\n  wrote');
    expect(errors).toBe(
      'error: ConfigMap agents/bank-trust-bundle: not in the cluster; apply the manifests of the program, which have it\n',
    );
  });

  it('says which rights are missing, and what is done all the same', async () => {
    const says =
      'Error from server (Forbidden): secrets "gateway-signing-keys" is forbidden: User "jo" cannot get resource "secrets" in API group ""';
    store.refusal = { of: 'gateway-signing-keys', says };
    const { code, output, errors } = await trust();
    expect(code).toBe(1);
    expect(output).toContain('wrote ConfigMap agents/shop-trust-bundle: 1 key added');
    expect(errors).toBe(
      `error: Secret front/gateway-signing-keys: ${says}; docs/identity.md lists the rights that are needed\n`,
    );
  });

  it.each([
    ['/.well-known', 'Unable to connect to the server: dial tcp', 'the cluster does not answer'],
    [
      '/openid/v1/jwks',
      'Error from server (Forbidden): User "jo" cannot get path "/openid/v1/jwks"',
      'docs/identity.md',
    ],
  ])('says why nothing can be done if %s is not to be had', async (of, says, remedy) => {
    store.refusal = { of, says };
    const { code, output, errors } = await trust();
    expect([code, output]).toEqual([1, 'front/shop-trust, in the cluster of context staging:\n']);
    expect(errors).toMatch(/^error: [^\n]+\n$/);
    expect(errors).toContain(says);
    expect(errors).toContain(remedy);
  });

  it('leaves signing keys that it does not understand, and says how to have new ones', async () => {
    store.put(secret, { [signingKeys.file]: 'hunter2' });
    const { code, errors } = await trust();
    expect([code, store.entriesOf(secret)]).toEqual([1, { [signingKeys.file]: 'hunter2' }]);
    expect(errors).toContain(
      'Secret front/gateway-signing-keys: signing-keys.json cannot be used, and is left as it is',
    );
    expect(errors).toContain('kubectl patch secret gateway-signing-keys --namespace front --type=json');
    expect(errors).not.toContain('hunter2');
  });

  it('tells of a bundle that it replaces, and of keys that it leaves out, without steering a terminal', async () => {
    store.put(bundle, { [trustBundle.file]: '{"kind":"TrustBundle","version":1,"\u001b[2J":1}' });
    store.keys.push({ kty: 'oct', kid: 'odd\u001b[2J' });
    const { output, errors } = await trust();
    expect(output).toContain('2 keys added, in place of one that cannot be read ($');
    expect(errors).toMatch(/^warning: the key "odd\uFFFD\[2J" of the API server is left out: key\.kty /);
    expect(output + errors).not.toContain('\u001b');
  });

  it.each([
    ['none', [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }], 'no ConfigMap in'],
    ['broken', [trustOf('shop', '{')], 'ConfigMap front/shop-trust: trust.json: 1 fault(s)'],
    ['newer', [trustOf('shop', { version: 2 })], 'ConfigMap front/shop-trust: trust.json: 1 fault(s)'],
    [
      'twice',
      [
        trustOf('shop', {
          gateways: ['a', 'b'].map((name) => ({ issuer: 'agentyard:front/a', namespace: 'front', secret: name })),
        }),
      ],
      'is listed twice',
    ],
  ])('refuses manifests whose trust document is %s', async (name, objects, message) => {
    await folders.write(name, objects);
    const { code, errors } = await trust({ name });
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: /);
    expect(errors).toContain(message);
    expect(store.entriesOf(bundle)).toEqual({});
  });

  it('is a command, which looks for the manifests first', async () => {
    const { code, output, errors } = await runCommand('trust', '--manifests', folderOf('nowhere'));
    expect([code, output]).toEqual([1, '']);
    expect(errors).toMatch(/^error: the manifests folder .*nowhere does not exist/);
  });
});
