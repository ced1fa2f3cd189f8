import type { Chart } from 'cdk8s';
import { ApiObject, Duration, Size } from 'cdk8s';
import { Cpu, EnvValue, ImagePullPolicy, PercentOrAbsolute, Secret, ServiceAccount } from 'cdk8s-plus-29';
import {
  Autoscaling,
  ClusterProfile,
  Credentials,
  DisruptionBudget,
  Egress,
  Model,
  Peer,
  TopologySpread,
  VolumeSource,
  type PodOptions,
} from 'agentyard';
import { Program, type Manifest } from './program';

const NAMESPACE = 'every-pod-option';

/** The options of pods, each of them given, and not as by default. */
function everyOption(program: Program): Required<Omit<PodOptions, 'autoscaling'>> {
  const { chart } = program;
  new ApiObject(chart, 'priority', {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'every-pod-option' },
    ...{ value: 1000, globalDefault: false },
  });
  const probe = {
    period: Duration.seconds(7),
    timeout: Duration.seconds(3),
    failureThreshold: 9,
    initialDelay: Duration.seconds(2),
  };
  return {
    image: 'registry.example.com/runtime:7',
    imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
    imagePullSecrets: [Secret.fromSecretName(chart, 'pull', 'registry')],
    honoursProxy: true,
    replicas: 4,
    disruptionBudget: DisruptionBudget.maxUnavailablePercent(25),
    resources: {
      cpu: { request: Cpu.millis(150), limit: Cpu.units(2) },
      memory: { request: Size.mebibytes(200), limit: Size.gibibytes(1) },
      ephemeralStorage: { request: Size.mebibytes(50), limit: Size.gibibytes(1) },
    },
    podLabels: { team: 'ops' },
    podAnnotations: { note: 'hello' },
    env: { TZ: EnvValue.fromValue('UTC') },
    volumes: [{ name: 'cache', mountPath: '/cache', source: VolumeSource.memory(Size.mebibytes(8)), readOnly: false }],
    nodeSelector: { pool: 'agents' },
    tolerations: [{ key: 'dedicated', value: 'agents', effect: 'NoSchedule' }],
    topologySpread: [
      TopologySpread.required('kubernetes.io/hostname', 2),
      TopologySpread.preferred('example.com/rack'),
    ],
    priorityClassName: 'every-pod-option',
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    security: {
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: 'profiles/agent.json',
      readOnlyRootFilesystem: false,
      serviceLinks: true,
      automountToken: true,
    },
    serviceAccount: new ServiceAccount(chart, 'account', { metadata: { name: 'shared' } }),
    maxSurge: PercentOrAbsolute.percent(50),
    maxUnavailable: PercentOrAbsolute.absolute(1),
    minReady: Duration.seconds(3),
    progressDeadline: Duration.minutes(5),
    revisionHistoryLimit: 5,
    preStopDelay: Duration.seconds(9),
    terminationGracePeriod: Duration.minutes(20),
  };
}

/** Objects of workloads with every option of pods, and with every kind of autoscaler, in a cluster of a version. */
export function everyPodOption(kubernetesVersion: string): Manifest[] {
  const cluster = ClusterProfile.generic({
    kubernetesVersion,
    metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } }),
    egress: Egress.proxy({ preStopDelay: Duration.seconds(9), minReady: Duration.seconds(3) }),
  });
  const program = new Program(NAMESPACE, cluster);
  program.agent('every', everyOption(program));
  program.agent('hosted', { model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) });
  const load = { minReplicas: 2, maxReplicas: 6, targetRequestsPerPod: 4, targetCpuUtilization: 80 };
  program.gateway('requests', { autoscaling: Autoscaling.horizontal(load) });
  program.toolset('cpu', { autoscaling: Autoscaling.cpu({ maxReplicas: 6, targetCpuUtilization: 80 }) });
  const prometheus = { prometheusUrl: 'https://prometheus:9090', triggerAuthenticationName: 'a', authModes: 'bearer' };
  program.toolset('keda', { autoscaling: Autoscaling.keda({ ...load, ...prometheus }) });
  program.app.synthYaml();
  return program.app.charts.flatMap((chart: Chart) => chart.toJson());
}
