import { Duration } from 'cdk8s';
import { Autoscaling, ClusterProfile, Peer } from 'agentyard';
import { requestsQuery } from '../../lib/workload/scaled-object';
import { Program, warningsOf, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const KINDS = ['agent', 'toolset', 'gateway'] as const;
const scraped = () =>
  new Program(
    'agents',
    ClusterProfile.generic({
      metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } }),
    }),
  );
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'w' };

describe.each(KINDS)('an autoscaler of %s', (kind) => {
  it('follows requests in flight and queued, on average over the pods', () => {
    const program = scraped();
    program[kind]('w', {
      autoscaling: Autoscaling.horizontal({ minReplicas: 2, maxReplicas: 8, targetRequestsPerPod: 4 }),
    });
    const autoscaler = program.object('HorizontalPodAutoscaler', 'w');
    expect(autoscaler.apiVersion).toBe('autoscaling/v2');
    expect(autoscaler.spec).toEqual({
      scaleTargetRef: target,
      minReplicas: 2,
      maxReplicas: 8,
      metrics: [
        {
          type: 'Pods',
          pods: { metric: { name: 'agentyard_requests' }, target: { type: 'AverageValue', averageValue: '4' } },
        },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
    });
  });

  it('alone says how many pods there are, so that no apply sets them back', () => {
    const program = scraped();
    program[kind]('w', { autoscaling: Autoscaling.horizontal({ maxReplicas: 8, targetRequestsPerPod: 4 }) });
    expect(program.object('Deployment', 'w').spec).not.toHaveProperty('replicas');
    expect(program.object('HorizontalPodAutoscaler', 'w').spec.minReplicas).toBe(kind === 'gateway' ? 2 : 1);
  });

  it('finds its metric at the port that the pods serve it on, where the scraper is let in', () => {
    const program = scraped();
    program[kind]('w', { autoscaling: Autoscaling.horizontal({ maxReplicas: 8, targetRequestsPerPod: 4 }) });
    const { metadata, spec } = program.object('Deployment', 'w').spec.template;
    expect(metadata.annotations).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '9464',
      'prometheus.io/path': '/metrics',
    });
    expect(spec.containers[0].ports).toContainEqual({ name: 'metrics', containerPort: 9464, protocol: 'TCP' });
    expect(program.object('NetworkPolicy', 'w').spec.ingress).toContainEqual({
      from: [expect.objectContaining({ podSelector: { matchLabels: { app: 'prometheus' } } })],
      ports: [{ protocol: 'TCP', port: 9464 }],
    });
  });
});

describe('scrape annotations', () => {
  it('are left out where nobody reads metrics', () => {
    const program = new Program();
    program.agent('w');
    expect(Object.keys(program.object('Deployment', 'w').spec.template.metadata.annotations as object)).toEqual([
      'agentyard.dev/config-hash',
    ]);
  });

  it('give way to those of the program', () => {
    const program = scraped();
    program.agent('w', { podAnnotations: { 'prometheus.io/scrape': 'false' } });
    const { annotations } = program.object('Deployment', 'w').spec.template.metadata;
    expect(annotations['prometheus.io/scrape']).toBe('false');
  });
});

describe('options of autoscalers', () => {
  const spec = (autoscaling: Autoscaling): Manifest => {
    const program = scraped();
    program.toolset('w', { autoscaling });
    return program.object('HorizontalPodAutoscaler', 'w').spec;
  };

  it('CPU may count too, that of the runtime and not of sidecars', () => {
    const options = { maxReplicas: 8, targetRequestsPerPod: 4, targetCpuUtilization: 75 };
    expect(spec(Autoscaling.horizontal(options)).metrics).toContainEqual({
      type: 'ContainerResource',
      containerResource: {
        name: 'cpu',
        container: 'runtime',
        target: { type: 'Utilization', averageUtilization: 75 },
      },
    });
  });

  it('CPU may count alone', () => {
    const { metrics } = spec(Autoscaling.cpu({ maxReplicas: 8, targetCpuUtilization: 75 }));
    expect(metrics.map(({ type }: { type: string }) => type)).toEqual(['ContainerResource']);
  });

  it('pods are taken away after a time of one’s own', () => {
    const scaleDownStabilization = Duration.seconds(30);
    const options = { maxReplicas: 8, targetRequestsPerPod: 4, scaleDownStabilization };
    expect(spec(Autoscaling.horizontal(options)).behavior).toEqual({
      scaleDown: { stabilizationWindowSeconds: 30 },
    });
  });

  it('CPU alone warns on an agent, which waits for its model, and needs no metrics', () => {
    const autoscaling = Autoscaling.cpu({ maxReplicas: 3, targetCpuUtilization: 80 });
    const program = new Program();
    expect(warningsOf(() => program.agent('a', { autoscaling }))).toMatch(
      /^warning \[AUTOSCALING_CPU_ONLY\] chart\/a: /,
    );
    expect(warningsOf(() => program.toolset('t', { autoscaling }))).toBe('');
    expect(() => program.synth()).not.toThrow();
  });
});

describe('KEDA', () => {
  it('asks Prometheus for the requests of all pods, and never takes lost metrics for no load', () => {
    const program = scraped();
    program.agent('w', {
      autoscaling: Autoscaling.keda({
        minReplicas: 2,
        maxReplicas: 8,
        targetRequestsPerPod: 4,
        targetCpuUtilization: 90,
        prometheusUrl: 'http://prometheus.monitoring.svc:9090',
      }),
    });
    const scaled = program.object('ScaledObject', 'w');
    expect(scaled.apiVersion).toBe('keda.sh/v1alpha1');
    expect(scaled.spec).toEqual({
      scaleTargetRef: target,
      minReplicaCount: 2,
      maxReplicaCount: 8,
      advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 300 } } } },
      triggers: [
        {
          type: 'prometheus',
          metricType: 'AverageValue',
          metadata: {
            serverAddress: 'http://prometheus.monitoring.svc:9090',
            query: 'sum(agentyard_requests{namespace="agents",pod=~"w-[a-z0-9]+-[a-z0-9]{5}"})',
            threshold: '4',
            ignoreNullValues: 'false',
          },
        },
        { type: 'cpu', metricType: 'Utilization', metadata: { value: '90', containerName: 'runtime' } },
      ],
    });
    expect(program.synth().map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
  });

  it('takes what Prometheus asks for from a TriggerAuthentication', () => {
    const program = scraped();
    program.agent('w', {
      autoscaling: Autoscaling.keda({
        maxReplicas: 8,
        targetRequestsPerPod: 4,
        prometheusUrl: 'https://thanos.example.com',
        triggerAuthenticationName: 'thanos',
        authModes: 'bearer',
      }),
    });
    const [trigger] = program.object('ScaledObject', 'w').spec.triggers;
    expect(trigger.authenticationRef).toEqual({ name: 'thanos' });
    expect(trigger.metadata.authModes).toBe('bearer');
  });

  /** How the controllers of Kubernetes name the pod of a Deployment, which cut what is too long. */
  const podName = (deployment: string, hash: string) => `${`${deployment}-${hash}-`.slice(0, 58)}x7k2p`;
  const matches = (name: string, pod: string): boolean => {
    const [, pattern = ''] = /pod=~"([^"]+)"/.exec(requestsQuery({ name, namespace: 'n' })) ?? [];
    return new RegExp(`^(?:${pattern})$`).test(pod);
  };

  it.each([1, 20, 46, 47, 50, 56, 57])('counts the pods of a workload with a name of %d characters', (length) => {
    const name = 'w'.repeat(length);
    for (const hash of ['5d9c7b6f48', '7c5ddbdf5']) expect(matches(name, podName(name, hash))).toBe(true);
  });

  it('counts no pods of workloads whose names begin the same', () => {
    expect(matches('support', podName('support-eu', '5d9c7b6f48'))).toBe(false);
    expect(matches('support', podName('supporter', '5d9c7b6f48'))).toBe(false);
    expect(matches('support', 'support-0')).toBe(false);
  });
});
