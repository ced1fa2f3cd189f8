import { DocumentsError, WorkloadDocuments } from 'agentyard/authorization';
import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deploymentOf, runtimeObjects, type Place } from './small-program';
import { documents, objectsOf } from './support-program';

const read = (objects: readonly KubernetesObject[]) => {
  const { workloads } = Platform.fromObjects(objects);
  return { documents: WorkloadDocuments.read(objects, workloads), workloads };
};

/** What is wrong with documents. */
function faultsOf(objects: readonly KubernetesObject[]): readonly string[] {
  try {
    read(objects);
  } catch (error) {
    if (error instanceof DocumentsError) return error.faults;
    throw error;
  }
  return [];
}

describe('the documents of workloads', () => {
  it('are those of the runtimes that the labels of pods name', () => {
    const { documents: found, workloads } = read(objectsOf(documents()));
    expect(workloads.map((workload) => [workload.name, found.of(workload)?.document.kind])).toEqual([
      ['front', 'Gateway'],
      ['support', 'Agent'],
      ['logs', 'Toolset'],
      ['cron', undefined],
    ]);
    expect(found.isDocument('edge/front-config/gateway.json')).toBe(true);
    expect(found.isDocument('edge/front-config/agent.json')).toBe(false);
  });

  it('stand in lists of objects, too', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: objectsOf(documents()) };
    const { documents: found, workloads } = read([list]);
    expect(found.of(workloads[0]!)?.runtime).toBe('gateway');
  });

  it('are none of other runtimes', () => {
    const place: Place = { name: 'job', namespace: 'ops' };
    for (const runtime of ['trust', 'constructor', '']) {
      expect(faultsOf([deploymentOf(place, { labels: { 'agentyard.dev/runtime': runtime } })])).toEqual([]);
    }
  });

  it('are refused, all at once, if they are missing or wrong', () => {
    const { gateway, agent, toolset } = documents();
    const withoutMap = runtimeObjects(gateway).filter(({ kind }) => kind !== 'ConfigMap');
    const wrong = { ...agent, limits: { maxTurns: 0 } };
    expect(faultsOf([...withoutMap, ...runtimeObjects(wrong), ...runtimeObjects(toolset)])).toEqual([
      'Deployment edge/front: no ConfigMap that it mounts holds gateway.json',
      expect.stringMatching(/^Deployment agents\/support: agent\.json: 1 fault\(s\)\n {2}\$\.limits\.maxTurns: /),
    ]);
  });
});
