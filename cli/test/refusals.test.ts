import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { refuseUnusableRuntimes } from '../src/dev/runtimes';
import { gateway, workload, type KubeObject } from './fixtures/manifests';
import { RUNTIMES, Stage } from './fixtures/stage';

const support = (options: object = {}) => workload('agent', 'support', { document: {}, ...options });
const claim = [{ name: 'data-logs', persistentVolumeClaim: { claimName: 'logs' } }];

describe('a start that cannot be right', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
  });
  afterEach(() => stage.close());

  it('says that there are no manifests', async () => {
    await expect(stage.start({ manifestsDirectory: path.join(stage.root, 'nowhere') })).rejects.toThrow(
      /nowhere does not exist; run `npx cdk8s synth` first/,
    );
    await expect(stage.start()).rejects.toThrow(/there are no manifests in .*dist; run `npx cdk8s synth` first/);
  });

  it('names the file that is not YAML', async () => {
    await mkdir(path.join(stage.manifests, 'deep'));
    await stage.file('dist/deep/broken.yaml', 'kind: [unclosed');
    await expect(stage.start()).rejects.toThrow(/deep\/broken\.yaml is not valid YAML: .*line 1/s);
  });

  it('names file, object and path of a malformed object', async () => {
    const [configMap, deployment] = support() as [KubeObject, KubeObject];
    await stage.synth([configMap, { ...deployment, spec: { replicas: 'many' } }]);
    await expect(stage.start()).rejects.toThrow(
      /platform\.k8s\.yaml, Deployment default\/support: .*\$\.spec\.replicas: .*\$\.spec\.template: /s,
    );
  });

  it('names both files of an object that occurs twice', async () => {
    await stage.synth(support());
    await stage.file(
      'dist/old.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: support, namespace: default }\n',
    );
    await expect(stage.start()).rejects.toThrow(
      /ConfigMap default\/support occurs twice, in .*old\.yaml and in .*platform\.k8s\.yaml/,
    );
  });

  it.each([
    ['a volume', { volumes: [{ name: 'x', configMap: { name: 'gone' } }] }, 'ConfigMap default/gone'],
    [
      'a variable',
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'support', key: 'gone' } } }] },
      'key gone of ConfigMap default/support',
    ],
    ['envFrom', { envFrom: [{ configMapRef: { name: 'gone' } }] }, 'ConfigMap default/gone'],
  ])('names the ConfigMap that %s refers to', async (_, options, what) => {
    await stage.synth(support(options));
    await expect(stage.start()).rejects.toThrow(
      `Deployment default/support refers to ${what}, which is not in the manifests`,
    );
  });

  it('says when nothing is to be run', async () => {
    await stage.synth([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'alone' } }]);
    await expect(stage.start()).rejects.toThrow('no Deployment');
  });

  it('names the Service whose port leads nowhere', async () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'typo' },
      spec: { selector: { 'agentyard.dev/runtime': 'agent' }, ports: [{ port: 80, targetPort: 'htpp' }] },
    };
    await stage.synth([...support(), service]);
    await expect(stage.start()).rejects.toThrow(
      'port 80 of Service default/typo leads to port htpp, which the pods do not have',
    );
  });

  it.each([
    [{ replicas: { suport: 2 } }, '--replicas suport: there is no such Deployment; there are support'],
    [{ mounts: { log: '.' } }, '--mount log: no workload has a volume of this name; volumes: support/'],
    [{ mounts: { logs: 'not/there' } }, 'not/there does not exist'],
    [{ mounts: { logs: __filename } }, 'is not a directory; put the file into a directory of its own and give that'],
    [
      { mounts: { config: '.' } },
      '--mount config: this volume of Deployment default/support is a configMap of the manifests',
    ],
    [{ envFiles: { aws: __filename } }, '--env-file aws: no workload uses a Secret of this name'],
    [{ envFiles: { aws: 'not/there' } }, '--env-file: not/there cannot be read'],
    [
      { runtimes: { ...RUNTIMES, agent: '/not/built.mjs' } },
      'the agent runtime is not built (/not/built.mjs is missing); run `npm run build`',
    ],
  ])('refuses %j', async (options, message) => {
    await stage.synth(support({ volumes: claim }));
    await expect(stage.start(options)).rejects.toThrow(message);
  });

  it('refuses a Node.js that the runtimes do not run on', () => {
    expect(() => refuseUnusableRuntimes(RUNTIMES, '22.20.0')).toThrow(
      'Node.js 24 or newer is needed, this is 22.20.0; start through npx',
    );
    expect(() => refuseUnusableRuntimes(RUNTIMES, '24.0.0')).not.toThrow();
  });

  it('gives the reasons of a runtime that does not become ready, and leaves nothing running', async () => {
    await stage.synth([...support({ env: [{ name: 'READY', value: 'no' }] }), ...gateway()]);
    await expect(stage.start({ readyTimeoutMs: 6000 })).rejects.toThrow(
      'the agent support is not ready after 6 s: told to wait',
    );
    expect(stage.output.join('')).toContain('support | waiting until it is ready: told to wait');
  });

  it('prints every fault of a refused document', async () => {
    const faults = [
      { path: '$.model', message: 'must be there' },
      { path: '$.limits', message: 'must be an object' },
    ];
    await stage.synth([...workload('agent', 'support', { document: { faults } }), ...gateway()]);
    await expect(stage.start()).rejects.toThrow(
      'the agent support refuses to start\n  $.model: must be there\n  $.limits: must be an object',
    );
  });
});
