import { generateKeyPairSync } from 'node:crypto';
import { parseDocument, signingKeys, trustBundle, trustDocument, type TrustDocument } from 'agentyard/contract';
import { refreshTrust, titleOf, type TrustReport } from '../src';
import { TrustedKeys } from '../src/identity/trusted-keys';
import { clusterKey, configMap, MemoryTrustCluster, secretOf } from './memory-trust-cluster';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2030-01-01T00:00:00Z');
const EVERY = 24 * HOUR;
const LEAD = 30 * MINUTE;
const KEEP = HOUR;

const at = (time: number) => new Date(START + time).toISOString();
const issuerOf = (gateway: string) => `agentyard:front/${gateway}`;

function documentOf(gateways: readonly string[], namespaces: readonly string[]): TrustDocument {
  const document = {
    kind: 'Trust',
    version: 1,
    name: 'app-trust',
    namespace: 'front',
    bundles: namespaces.map((namespace) => ({ namespace, configMap: 'trust-bundle' })),
    gateways: gateways.map((name) => ({ issuer: issuerOf(name), namespace: 'front', secret: `${name}-keys` })),
    rotation: { everyMs: EVERY, leadMs: LEAD, keepMs: KEEP },
  };
  return parseDocument(trustDocument, JSON.stringify(document));
}

let cluster: MemoryTrustCluster;
let now: number;
const document = documentOf(['gateway'], ['agents', 'tools']);

beforeEach(() => {
  cluster = new MemoryTrustCluster();
  now = 0;
  for (const namespace of ['agents', 'tools']) cluster.put(configMap(namespace));
  cluster.put(secretOf('gateway'));
});

/** A run at a time after the start. */
function run(time = now, of: TrustDocument = document): Promise<TrustReport> {
  now = time;
  return refreshTrust(of, cluster, () => START + now);
}

/** A run that has to do all. */
async function done(time = now, of = document): Promise<string[]> {
  const { steps, faults } = await run(time, of);
  expect(faults).toEqual([]);
  return steps.map(({ event }) => event);
}

const keysOf = (namespace: string, gateway = 'gateway') =>
  cluster.bundle(namespace).gateways.find(({ issuer }) => issuer === issuerOf(gateway))?.keys ?? [];
const kids = (keys: readonly { readonly kid: string }[]) => keys.map(({ kid }) => kid);
const ends = (keys: readonly { readonly kid: string; readonly expiresAt?: string }[]) =>
  Object.fromEntries(keys.map(({ kid, expiresAt }) => [kid, expiresAt]));

describe('a first run', () => {
  it('fills each bundle with the keys of the API server and of the gateway, which may sign at once', async () => {
    expect(await done()).toEqual(['bundle-written', 'bundle-written', 'key-made']);
    const [key] = cluster.signingKeys('gateway');
    expect(cluster.signingKeys('gateway')).toEqual([{ ...key, usableFrom: at(0) }]);
    const { kid, x, d } = key!;
    for (const namespace of ['agents', 'tools']) {
      const { cluster: api, gateways } = cluster.bundle(namespace);
      expect(api).toEqual({ issuer: cluster.issuer, keys: [expect.objectContaining({ kid: 'cluster-1', kty: 'EC' })] });
      const published = { kty: 'OKP', kid, alg: 'EdDSA', use: 'sig', crv: 'Ed25519', x };
      expect(gateways).toEqual([{ issuer: 'agentyard:front/gateway', keys: [published] }]);
      expect(cluster.text(configMap(namespace))).not.toContain(d);
    }
  });

  it('publishes a key before it signs', async () => {
    await done();
    expect(cluster.patched).toEqual([configMap('agents'), configMap('tools'), secretOf('gateway')].map(titleOf));
  });

  it('writes what the readers take, and leaves entries that others have made', async () => {
    cluster.put(configMap('agents'), { note: 'ours' });
    await done();
    TrustedKeys.from(parseDocument(trustBundle, cluster.text(configMap('agents')) ?? ''));
    parseDocument(signingKeys, cluster.text(secretOf('gateway')) ?? '');
    expect((await cluster.readObject(configMap('agents')))?.data.note).toBe('ours');
  });

  it('gives each gateway keys of its own', async () => {
    cluster.put(secretOf('other'));
    await done(0, documentOf(['gateway', 'other'], ['agents', 'tools']));
    const [one, two] = [cluster.signingKeys('gateway'), cluster.signingKeys('other')].map(kids);
    expect(one).not.toEqual(two);
    expect([kids(keysOf('tools')), kids(keysOf('tools', 'other'))]).toEqual([one, two]);
  });

  it('names keys and objects, and no secret, in its report', async () => {
    const report = JSON.stringify(await run());
    const [{ kid = '', d = '' } = {}] = cluster.signingKeys('gateway');
    expect(report).toContain(kid);
    expect(report).not.toContain(d);
  });
});

describe('a run with nothing to do', () => {
  it('writes nothing, whatever the order of the keys', async () => {
    cluster.keys = [clusterKey('a'), clusterKey('b')];
    await done();
    cluster.keys.reverse();
    expect(await done(5 * MINUTE)).toEqual([]);
    expect(cluster.patched).toHaveLength(3);
  });

  it('fills what is new, and takes out what has left the program', async () => {
    await done();
    cluster.put(configMap('new'));
    expect(await done(HOUR, documentOf([], ['agents', 'new']))).toEqual(['bundle-written', 'bundle-written']);
    expect([cluster.bundle('agents').gateways, cluster.bundle('new').gateways]).toEqual([[], []]);
    expect(cluster.bundle('new').cluster).toEqual(cluster.bundle('agents').cluster);
  });
});

describe('the keys of a gateway', () => {
  it('follow one another: published, then signing, then kept, then gone', async () => {
    await done();
    const [first = ''] = kids(cluster.signingKeys('gateway'));
    expect(await done(EVERY - LEAD - MINUTE)).toEqual([]);

    // So that it signs when the first one has reached its age.
    const due = EVERY - LEAD;
    expect(await done(due)).toEqual([
      'bundle-written',
      'bundle-written',
      'key-made',
      'bundle-written',
      'bundle-written',
    ]);
    const [, second] = cluster.signingKeys('gateway');
    expect(second?.usableFrom).toBe(at(due + LEAD));
    expect(ends(keysOf('agents'))).toEqual({ [first]: at(EVERY + KEEP), [second!.kid]: undefined });

    expect(await done(EVERY + KEEP - MINUTE)).toEqual([]);
    expect(await done(EVERY + KEEP)).toEqual(['bundle-written', 'bundle-written', 'keys-removed']);
    expect([kids(cluster.signingKeys('gateway')), kids(keysOf('tools'))]).toEqual([[second!.kid], [second!.kid]]);
  });

  it('go on when no run has come for a long time', async () => {
    await done();
    const [first = ''] = kids(cluster.signingKeys('gateway'));
    await done(10 * EVERY);
    const [, second] = cluster.signingKeys('gateway');
    expect(second?.usableFrom).toBe(at(10 * EVERY + LEAD));
    expect(ends(keysOf('agents'))[first]).toBe(at(10 * EVERY + LEAD + KEEP));
  });

  it('stay in the bundles while the Secret has lost them, and until its new key has followed', async () => {
    await done();
    const [first = ''] = kids(cluster.signingKeys('gateway'));
    cluster.put(secretOf('gateway'));
    await done(HOUR);
    const [second = ''] = kids(cluster.signingKeys('gateway'));
    expect(cluster.signingKeys('gateway')).toMatchObject([{ usableFrom: at(HOUR) }]);
    // Gateways may have it mounted for some time yet, and then its claims have to run out.
    const end = HOUR + LEAD + KEEP;
    expect(ends(keysOf('agents'))).toEqual({ [first]: at(end), [second]: undefined });
    await done(end);
    expect(kids(keysOf('agents'))).toEqual([second]);
  });

  it.each([
    ['is no JSON', 'hunter2 {'],
    ['is of a later version', JSON.stringify({ kind: 'SigningKeys', version: 2, keys: [] })],
    ['has a key that is none', signingKeysText({ d: 'AAAA' })],
    ['has a public part of another key', signingKeysText({ x: 'AAAA' })],
  ])('are left as they are if what is in the Secret %s, and stay published', async (_, text) => {
    await done();
    const before = keysOf('agents');
    cluster.put(secretOf('gateway'), { [signingKeys.file]: text });
    cluster.keys.push(clusterKey('cluster-2'));
    const { steps, faults } = await run(2 * EVERY);
    expect(cluster.text(secretOf('gateway'))).toBe(text);
    expect(keysOf('agents')).toEqual(before);
    // All else goes on.
    expect(steps.map(({ event }) => event)).toEqual(['bundle-written', 'bundle-written']);
    expect(kids(cluster.bundle('tools').cluster.keys)).toEqual(['cluster-1', 'cluster-2']);
    expect(faults).toEqual([
      {
        object: secretOf('gateway'),
        message: expect.stringMatching(/^signing-keys\.json cannot be used, and is left as it is: \$/),
        remedy: expect.stringContaining('kubectl patch secret gateway-keys --namespace front --type=json'),
      },
    ]);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('are made anew when the broken entry is removed', async () => {
    cluster.put(secretOf('gateway'), { [signingKeys.file]: 'broken' });
    expect((await run()).faults).toHaveLength(1);
    cluster.put(secretOf('gateway'), { [signingKeys.file]: '' });
    expect(await done()).toContain('key-made');
  });
});

describe('the keys of the API server', () => {
  it('count for an hour after they have left its JWKS, which is what tokens last', async () => {
    await done();
    cluster.keys = [clusterKey('cluster-2')];
    await done(5 * MINUTE);
    const end = 5 * MINUTE + HOUR;
    expect(ends(cluster.bundle('agents').cluster.keys)).toEqual({ 'cluster-1': at(end), 'cluster-2': undefined });
    expect(await done(end - MINUTE)).toEqual([]);
    await done(end);
    expect(kids(cluster.bundle('agents').cluster.keys)).toEqual(['cluster-2']);
  });

  it('have no end any more when they are back, as when two API servers know different ones', async () => {
    const [one, two] = [clusterKey('one'), clusterKey('two')];
    cluster.keys = [one];
    await done();
    cluster.keys = [two];
    await done(5 * MINUTE);
    cluster.keys = [one, two];
    await done(10 * MINUTE);
    expect(ends(cluster.bundle('agents').cluster.keys)).toEqual({ one: undefined, two: undefined });
  });

  it('that callees cannot use are left out and named, with whatever is not public', async () => {
    const good = clusterKey('good');
    const x5c = ['MIIB'];
    cluster.keys = [
      { ...good, x5c, d: 'private' },
      { ...good, y: undefined, kid: 'half' },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
      { ...clusterKey('encrypts'), use: 'enc' },
      clusterKey('good'),
      { ...good, kid: undefined },
      'nonsense',
    ];
    const { steps, faults } = await run();
    expect(faults).toEqual([]);
    expect(cluster.bundle('agents').cluster.keys).toEqual([good]);
    const ignored = steps.filter(({ event }) => event === 'cluster-key-ignored');
    expect(ignored.map((step) => 'kid' in step && step.kid)).toEqual(['half', 'shared', 'encrypts', 'good', '', '']);
    expect(cluster.text(configMap('agents'))).not.toMatch(/private|c2VjcmV0|x5c/);
  });

  it('that somebody has planted to stay for years go as all others do', async () => {
    await done();
    const bundle = cluster.bundle('agents');
    const planted = { ...clusterKey('planted'), expiresAt: '2099-01-01T00:00:00.000Z' };
    const text = JSON.stringify({ ...bundle, cluster: { ...bundle.cluster, keys: [...bundle.cluster.keys, planted] } });
    cluster.put(configMap('agents'), { [trustBundle.file]: text });
    await run(MINUTE);
    const [end] = cluster
      .bundle('agents')
      .cluster.keys.flatMap(({ kid, expiresAt }) => (kid === 'planted' ? expiresAt : []));
    expect(Date.parse(end ?? '9999-01-01')).toBeLessThanOrEqual(Date.parse(at(MINUTE + KEEP)));
    await run(MINUTE + 2 * KEEP);
    expect(kids(cluster.bundle('agents').cluster.keys)).not.toContain('planted');
  });

  it('are needed: without any, nothing is written', async () => {
    cluster.keys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'shared' }];
    const { faults } = await run();
    expect(faults).toEqual([{ message: 'the JWKS of the API server has no key that can be used' }]);
    expect(cluster.patched).toEqual([]);
  });
});

describe('what cannot be done', () => {
  it('a bundle that is not there keeps no other from being written, nor a gateway from its first key', async () => {
    cluster.delete(configMap('agents'));
    const { faults } = await run();
    expect(faults).toEqual([
      {
        object: configMap('agents'),
        message: 'not in the cluster',
        remedy: 'apply the manifests of the program, which have it',
      },
    ]);
    expect(kids(keysOf('tools'))).toEqual(kids(cluster.signingKeys('gateway')));
  });

  it('a Secret that is not there keeps no bundle from being written', async () => {
    cluster.delete(secretOf('gateway'));
    const { faults } = await run();
    expect(faults).toMatchObject([{ object: secretOf('gateway'), message: 'not in the cluster' }]);
    expect([keysOf('agents'), keysOf('tools')]).toEqual([[], []]);
  });

  it.each([
    ['is not there', () => cluster.delete(configMap('tools'))],
    ['cannot be read', () => cluster.refuse(['read'], configMap('tools'))],
    ['cannot be written', () => cluster.refuse(['patch'], configMap('tools'))],
  ])('no key follows another while a bundle %s', async (_, breakIt) => {
    await done();
    const before = cluster.text(secretOf('gateway'));
    breakIt();
    const { faults } = await run(EVERY);
    const waits = { object: secretOf('gateway'), message: expect.stringContaining('waits until every trust bundle') };
    expect(faults).toEqual([expect.objectContaining({ object: configMap('tools') }), waits]);
    expect(cluster.text(secretOf('gateway'))).toBe(before);

    cluster.before = () => undefined;
    if (cluster.text(configMap('tools')) === undefined) cluster.put(configMap('tools'));
    await done(EVERY + MINUTE);
    const [first = '', second = ''] = kids(cluster.signingKeys('gateway'));
    for (const namespace of ['agents', 'tools'])
      expect(kids(keysOf(namespace))).toEqual(expect.arrayContaining([first, second]));
    expect(cluster.signingKeys('gateway')[1]?.usableFrom).toBe(at(EVERY + MINUTE + LEAD));
  });

  it('no first key signs while a bundle that is there cannot be written', async () => {
    cluster.refuse(['patch'], configMap('tools'));
    expect((await run()).faults).toMatchObject([{ message: 'Forbidden' }, { object: secretOf('gateway') }]);
    expect(cluster.text(secretOf('gateway'))).toBeUndefined();
  });

  it('a Secret that cannot be written leaves a public key that ends when it has no owner', async () => {
    cluster.refuse(['patch'], secretOf('gateway'));
    expect((await run()).faults).toEqual([{ object: secretOf('gateway'), message: 'Forbidden' }]);
    const [orphan = ''] = kids(keysOf('agents'));
    cluster.before = () => undefined;
    await done(MINUTE);
    const [key = ''] = kids(cluster.signingKeys('gateway'));
    expect(ends(keysOf('agents'))).toEqual({ [orphan]: at(MINUTE + LEAD + KEEP), [key]: undefined });
    await done(MINUTE + LEAD + KEEP);
    expect(kids(keysOf('agents'))).toEqual([key]);
  });

  it('a bundle that somebody has broken is made anew, and that is told', async () => {
    await done();
    const before = cluster.text(configMap('agents'));
    for (const text of ['{', JSON.stringify({ ...cluster.bundle('agents'), surprise: 1 })]) {
      cluster.put(configMap('agents'), { [trustBundle.file]: text });
      const { steps } = await run(MINUTE);
      expect(steps).toMatchObject([{ event: 'bundle-written', broken: expect.stringMatching(/^\$/) }]);
      expect(cluster.text(configMap('agents'))).toBe(before);
    }
  });
});

describe('beside others', () => {
  /** Does something before the next patch of an object, once. */
  const before = (object: ReturnType<typeof configMap>, act: () => Promise<unknown> | void) => {
    cluster.before = async (verb, asked) => {
      if (verb !== 'patch' || titleOf(asked) !== titleOf(object)) return;
      cluster.before = () => undefined;
      await act();
    };
  };

  it.each([configMap('agents'), configMap('tools'), secretOf('gateway')])(
    'another run that comes before the patch of $kind $namespace leaves one key that signs',
    async (object) => {
      before(object, () => run());
      await done();
      const keys = kids(cluster.signingKeys('gateway'));
      expect(keys).toHaveLength(1);
      for (const namespace of ['agents', 'tools'])
        expect(ends(keysOf(namespace))).toMatchObject({ [keys[0]!]: undefined });
    },
  );

  it('a key that another run has found without an owner, just before it gets one, has no end', async () => {
    await done();
    let between: Record<string, string | undefined> = {};
    before(secretOf('gateway'), async () => {
      await refreshTrust(document, cluster, () => START + EVERY - LEAD - 1);
      between = ends(keysOf('tools'));
    });
    await done(EVERY - LEAD);
    const second = cluster.signingKeys('gateway')[1]?.kid ?? '';
    expect([typeof between[second], ends(keysOf('tools'))[second]]).toEqual(['string', undefined]);
  });

  it('an object that goes while it is written is one that is not there', async () => {
    before(configMap('tools'), () => cluster.delete(configMap('tools')));
    expect((await run()).faults).toMatchObject([{ object: configMap('tools'), message: 'not in the cluster' }]);
  });

  it('gives up when others are always faster', async () => {
    cluster.before = (verb) => {
      if (verb === 'patch') cluster.put(configMap('agents'));
    };
    expect((await run()).faults).toEqual([
      { message: 'somebody else changes the same objects again and again', remedy: 'run it again' },
    ]);
  });
});

/** A document whose key has other parts than it should. */
function signingKeysText(parts: object): string {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const keys = [{ kid: 'edited', x, d, usableFrom: at(0), ...parts }];
  return JSON.stringify({ kind: 'SigningKeys', version: 1, keys });
}
