import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu, EnvValue, ImagePullPolicy, Secret } from 'cdk8s-plus-29';
import { DataSource, VolumeSource } from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const KINDS = ['agent', 'toolset', 'gateway'] as const;
const podOf = (program: Program, name: string) => program.object('Deployment', name).spec.template;

describe.each(KINDS)('the pods of %s', (kind) => {
  it('have requests and limits', () => {
    const program = new Program();
    program[kind]('w');
    expect(podOf(program, 'w').spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' },
      limits: {
        cpu: kind === 'toolset' ? '500m' : '1',
        memory: kind === 'toolset' ? '640Mi' : '512Mi',
        'ephemeral-storage': '512Mi',
      },
    });
  });

  it('never request more than their limit when one of the two is given', () => {
    const program = new Program();
    program[kind]('small', { resources: { cpu: { limit: Cpu.millis(50) } } });
    program[kind]('large', { resources: { cpu: { request: Cpu.units(2) }, memory: { request: Size.gibibytes(1) } } });
    expect(podOf(program, 'small').spec.containers[0].resources).toMatchObject({
      requests: { cpu: '50m' },
      limits: { cpu: '50m' },
    });
    expect(podOf(program, 'large').spec.containers[0].resources).toEqual({
      requests: { cpu: '2', memory: '1Gi', 'ephemeral-storage': '64Mi' },
      limits: { cpu: '2', memory: '1Gi', 'ephemeral-storage': '512Mi' },
    });
  });

  it('can be patched, with all that belongs to them', () => {
    const program = new Program();
    const workload = program[kind]('w');
    ApiObject.of(workload).addJsonPatch(JsonPatch.add('/spec/template/spec/schedulerName', 'other'));
    ApiObject.of(workload.node.findChild('disruption-budget')).addJsonPatch(JsonPatch.add('/spec/maxUnavailable', 2));
    ApiObject.of(workload.node.findChild('service')).addJsonPatch(JsonPatch.add('/spec/sessionAffinity', 'None'));
    expect(podOf(program, 'w').spec.schedulerName).toBe('other');
    expect(program.object('PodDisruptionBudget', 'w').spec.maxUnavailable).toBe(2);
    expect(program.object('Service', 'w').spec.sessionAffinity).toBe('None');
  });

  it('use a service account without a token and mount everything read-only but scratch space', () => {
    const program = new Program();
    program[kind]('w');
    expect(program.object('ServiceAccount', 'w')).toMatchObject({ automountServiceAccountToken: false });
    const mounts = podOf(program, 'w').spec.containers[0].volumeMounts as { name: string; readOnly: boolean }[];
    expect(mounts.filter((mount) => !mount.readOnly).map((mount) => mount.name)).toEqual(
      kind === 'toolset' ? ['scratch'] : [],
    );
  });

  it('take labels, annotations, env, volumes, pull secrets, image, replicas, resources, priority and node selection', () => {
    const program = new Program();
    program[kind]('w', {
      image: 'registry.example.com/runtime:7',
      replicas: 3,
      podLabels: { team: 'ops', 'app.kubernetes.io/name': 'stolen' },
      podAnnotations: { note: 'hello' },
      env: { TZ: EnvValue.fromValue('UTC') },
      volumes: [{ name: 'ca', mountPath: '/etc/ca', source: VolumeSource.fromSpec({ configMap: { name: 'ca' } }) }],
      imagePullSecrets: [Secret.fromSecretName(program.chart, 'pull', 'registry')],
      nodeSelector: { pool: 'agents' },
      tolerations: [{ key: 'dedicated', value: 'agents', effect: 'NoSchedule' }, { key: 'spot' }],
      priorityClassName: 'agents',
      imagePullPolicy: ImagePullPolicy.ALWAYS,
      resources: {
        cpu: { limit: Cpu.millis(250) },
        memory: { limit: Size.gibibytes(1) },
        ephemeralStorage: { request: Size.mebibytes(10), limit: Size.gibibytes(2) },
      },
    });
    const deployment = program.object('Deployment', 'w');
    const { metadata, spec } = deployment.spec.template;
    expect(deployment.spec.replicas).toBe(3);
    expect(metadata.labels).toMatchObject({ team: 'ops', 'app.kubernetes.io/name': 'w' });
    expect(metadata.annotations.note).toBe('hello');
    expect(spec.containers[0].image).toBe('registry.example.com/runtime:7');
    expect(spec.containers[0].env).toContainEqual({ name: 'TZ', value: 'UTC' });
    expect(spec.containers[0].volumeMounts).toContainEqual({ name: 'ca', mountPath: '/etc/ca', readOnly: true });
    expect(spec.volumes).toContainEqual({ name: 'ca', configMap: { name: 'ca' } });
    expect(spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
    expect(spec.containers[0].imagePullPolicy).toBe('Always');
    expect(spec.priorityClassName).toBe('agents');
    expect(spec.nodeSelector).toEqual({ pool: 'agents' });
    expect(spec.tolerations).toEqual([
      { key: 'dedicated', operator: 'Equal', value: 'agents', effect: 'NoSchedule' },
      { key: 'spot', operator: 'Exists' },
    ]);
    expect(spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '10Mi' },
      limits: { cpu: '250m', memory: '1Gi', 'ephemeral-storage': '2Gi' },
    });
  });

  it('are selected by their Service and found one by one through the headless one', () => {
    const program = new Program();
    program[kind]('w');
    const labels = podOf(program, 'w').metadata.labels as Record<string, string>;
    for (const [name, clusterIP] of [
      ['w', undefined],
      ['w-pods', 'None'],
    ] as const) {
      const service = program.object('Service', name);
      expect(service.spec.clusterIP).toBe(clusterIP);
      expect(service.spec.ports).toEqual([
        { name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
      ]);
      expect(labels).toMatchObject(service.spec.selector as object);
    }
  });
});

describe('the config hash', () => {
  const hashOf = (build: (program: Program) => void, name = 'w'): unknown => {
    const program = new Program();
    build(program);
    return podOf(program, name).metadata.annotations?.['agentyard.dev/config-hash'];
  };

  it('changes with the document of an agent or toolset, and only then', () => {
    const plain = hashOf((p) => p.agent('w'));
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf((p) => p.agent('w', { podLabels: { a: 'b' } }))).toBe(plain);
    expect(hashOf((p) => p.agent('w', { maxTurns: 3 }))).not.toBe(plain);
    expect(hashOf((p) => p.toolset('w', { timeout: Duration.seconds(3) }))).not.toBe(hashOf((p) => p.toolset('w')));
  });

  it('is absent from gateways, which reload', () => {
    expect(hashOf((p) => p.gateway('w'))).toBeUndefined();
  });
});

describe('a sandbox', () => {
  it('resolves no names, keeps scratch space in memory and mounts its data read-only', () => {
    const program = new Program();
    program.toolset('w', { data: [DataSource.volume('logs', VolumeSource.fromPersistentVolumeClaimName('claim'))] });
    const { spec } = podOf(program, 'w');
    expect(spec).toMatchObject({ dnsPolicy: 'None', dnsConfig: { nameservers: ['127.0.0.1'] } });
    expect(spec.volumes).toContainEqual({ name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } });
    expect(spec.volumes).toContainEqual({ name: 'data-logs', persistentVolumeClaim: { claimName: 'claim' } });
    expect(spec.containers[0].volumeMounts).toContainEqual({
      name: 'data-logs',
      mountPath: '/data/logs',
      readOnly: true,
    });
    expect(program.document('w-config', 'toolset.json').data).toEqual([{ name: 'logs', path: '/data/logs' }]);
  });

  it('mounts the bundled modules whose hashes stand in its document', () => {
    const program = new Program();
    program.toolset('w');
    const tools = program.document('w-config', 'toolset.json').tools as { module: string; sha256: string }[];
    const modules = program.object('ConfigMap', 'w-tools').data as Record<string, string>;
    expect(Object.keys(modules)).toEqual(['greet.mjs']);
    expect(modules['greet.mjs']).toContain('charAt(0)');
    expect(new Set(tools.map((tool) => tool.module))).toEqual(new Set(['greet.mjs']));
    const { spec } = podOf(program, 'w');
    expect(spec.volumes).toContainEqual({
      name: 'tools',
      projected: { sources: [{ configMap: { name: 'w-tools', items: [{ key: 'greet.mjs', path: 'greet.mjs' }] } }] },
    });
  });
});
