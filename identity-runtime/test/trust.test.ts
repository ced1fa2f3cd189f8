import { parseValue, signingKeys, trustBundle, trustDocument } from 'agentyard/contract';
import { keptLog } from '../../runtime-kit/test/fixture';
import { configMap, MemoryTrustCluster, secretOf } from '../../runtime-kit/test/memory-trust-cluster';
import { keepTrust } from '../src/trust';

const document = parseValue(
  trustDocument.schema,
  {
    kind: 'Trust',
    version: 1,
    name: 'shop-trust',
    namespace: 'front',
    bundles: [{ namespace: 'agents', configMap: 'trust-bundle' }],
    gateways: [{ issuer: 'agentyard:front/gateway', namespace: 'front', secret: 'gateway-keys' }],
    rotation: { everyMs: 86_400_000, leadMs: 1_800_000, keepMs: 3_600_000 },
  },
  'trust.json',
);

/** A cluster in which the manifests are applied, and a run of the job in it. */
function stage() {
  const cluster = new MemoryTrustCluster();
  for (const object of [configMap('agents'), secretOf('gateway')]) cluster.put(object);
  const { lines, log } = keptLog();
  const run = () => keepTrust({ document, log }, cluster);
  return { cluster, lines, run };
}

describe('the log of the trust job', () => {
  it('names what was written, and the keys by their ids', async () => {
    const { cluster, lines, run } = stage();
    expect(await run()).toBe(true);
    const [{ kid, usableFrom, x, d } = { kid: '', usableFrom: '', x: '', d: '' }] = cluster.signingKeys('gateway');
    expect(lines).toMatchObject([
      {
        level: 'info',
        event: 'bundle-written',
        object: 'ConfigMap agents/trust-bundle',
        added: ['cluster-1', kid],
        removed: [],
      },
      {
        level: 'info',
        event: 'key-made',
        object: 'Secret front/gateway-keys',
        issuer: 'agentyard:front/gateway',
        kid,
        usableFrom,
      },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${d}|${x}`));
  });

  it('is empty when there is nothing to do', async () => {
    const { lines, run } = stage();
    await run();
    const before = lines.length;
    expect(await run()).toBe(true);
    expect(lines).toHaveLength(before);
  });

  it('warns of what was put right or passed over', async () => {
    const { cluster, lines, run } = stage();
    cluster.put(configMap('agents'), { [trustBundle.file]: '{}' });
    cluster.keys.push({ kty: 'oct', kid: 'odd', k: 'c2VjcmV0' });
    expect(await run()).toBe(true);
    expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { event: 'cluster-key-ignored', kid: 'odd' },
      { event: 'bundle-written', broken: expect.stringContaining('$') },
    ]);
    expect(JSON.stringify(lines)).not.toContain('c2VjcmV0');
  });

  it('says what was not done and what helps, without the content of a Secret', async () => {
    const { cluster, lines, run } = stage();
    cluster.put(secretOf('gateway'), { [signingKeys.file]: 'hunter2' });
    cluster.delete(configMap('agents'));
    expect(await run()).toBe(false);
    expect(lines).toMatchObject([
      {
        level: 'error',
        event: 'fault',
        object: 'ConfigMap agents/trust-bundle',
        remedy: expect.stringContaining('apply'),
      },
      {
        level: 'error',
        event: 'fault',
        object: 'Secret front/gateway-keys',
        remedy: expect.stringContaining('kubectl'),
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});
