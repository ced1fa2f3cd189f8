import { ApiObject, Chart } from 'cdk8s';
import { App, AppId } from 'agentyard';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { Delivery } from '../cluster/delivery';
import { writtenCrd } from '../cluster/written-crd';

jest.setTimeout(120_000);

const NAMESPACE = 'separate-crds';

/** A definition larger than the annotation that kubectl keeps of what it applies in the usual way. */
const definition = writtenCrd({
  group: 'separate-crds.example.com',
  version: 'v1',
  kind: 'Task',
  plural: 'tasks',
  spec: { type: 'object', description: 'x'.repeat(300_000), properties: { priority: { type: 'integer' } } },
});

/** A real API server and kubectl: a program brings a kind and an object of it into a cluster that knows neither. */
describe('a program with definitions of kinds and objects of them', () => {
  let cluster: Cluster;
  let api: ApiServer;
  let delivery: Delivery;

  beforeAll(async () => {
    cluster = await startCluster();
    api = cluster.api;
    delivery = new Delivery(cluster);
  }, START_TIMEOUT);
  afterAll(async () => {
    await api?.delete({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await api?.delete(definition);
    delivery?.close();
    await cluster?.stop();
  });

  function synthesize(tasks: readonly string[], separateCrds = true): string {
    const outdir = delivery.outdir(NAMESPACE);
    const app = new App({ id: NAMESPACE, outdir, separateCrds });
    const chart = new Chart(app, 'tasks', { namespace: NAMESPACE });
    const labels = AppId._labelsFor(chart);
    for (const name of tasks) {
      const metadata = { name, labels };
      new ApiObject(chart, name, { apiVersion: 'separate-crds.example.com/v1', kind: 'Task', metadata, spec: {} });
      new ApiObject(chart, `${name}-config`, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    }
    new ApiObject(chart, 'definition', definition);
    app.synth();
    return outdir;
  }

  const read = (kind: string, apiVersion: string, name: string): Promise<KubernetesObject | undefined> =>
    api.read({ apiVersion, kind, metadata: { name, namespace: NAMESPACE } });

  it('is refused by kubectl in one go', async () => {
    await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    const together = synthesize(['one'], false);
    const refusal = `grep -q 'no matches for kind "Task" in version "separate-crds.example.com/v1"'`;
    expect(await delivery.run(`kubectl apply -R -f ${together} 2>&1 | ${refusal}`)).toBe(0);
  });

  it('is applied at the first try by what agentyard prune prints', async () => {
    await delivery.apply(synthesize(['one', 'two']));
    for (const name of ['one', 'two']) {
      expect(await read('Task', 'separate-crds.example.com/v1', name)).toBeDefined();
      expect(await read('ConfigMap', 'v1', name)).toBeDefined();
    }
  });

  it('goes on without what has left it, and keeps the definition', async () => {
    await delivery.apply(synthesize(['one']));
    expect(await read('ConfigMap', 'v1', 'one')).toBeDefined();
    expect(await read('ConfigMap', 'v1', 'two')).toBeUndefined();
    expect(await api.read(definition)).toBeDefined();
  });
});
