import { Duration } from 'cdk8s';
import { WorkloadMonitor, type WorkloadMonitorProps } from 'agentyard';
import { MonitoredProgram } from './monitored-program';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

function monitored(props?: WorkloadMonitorProps, program: Program = new MonitoredProgram()) {
  new WorkloadMonitor(program.chart, 'monitor', props);
  return { program, monitor: () => program.object('PodMonitor', 'monitor') };
}

describe('a workload monitor', () => {
  it('has the metrics of all workloads of its namespace read, and of no other’s', () => {
    const { monitor } = monitored();
    expect(monitor().metadata.namespace).toBe('agents');
    expect(monitor().spec.selector).toEqual({
      matchExpressions: [
        { key: 'agentyard.dev/runtime', operator: 'In', values: ['agent', 'gateway', 'sandbox'] },
        { key: 'app.kubernetes.io/name', operator: 'In', values: ['door', 'support', 'tools'] },
      ],
    });
    expect(monitor().spec).not.toHaveProperty('namespaceSelector');
  });

  it('reads the port that the pods serve them at, and that their policy opens', () => {
    const { program, monitor } = monitored();
    const [endpoint] = monitor().spec.podMetricsEndpoints;
    expect(endpoint).toMatchObject({ port: 'metrics', path: '/metrics', interval: '30s' });
    for (const name of ['door', 'support', 'tools']) {
      const [container] = program.object('Deployment', name).spec.template.spec.containers;
      const port = container.ports.find((each: Manifest) => each.name === endpoint.port).containerPort;
      const opened = program.object('NetworkPolicy', name).spec.ingress.flatMap(({ ports }: Manifest) => ports);
      expect(opened).toContainEqual({ protocol: 'TCP', port });
    }
  });

  it('labels samples with what alerts and dashboards group by', () => {
    const [{ relabelings }] = monitored().monitor().spec.podMetricsEndpoints;
    expect(relabelings.map(({ sourceLabels, targetLabel }: Manifest) => [sourceLabels[0], targetLabel])).toEqual([
      ['__meta_kubernetes_pod_label_app_kubernetes_io_name', 'workload'],
      ['__meta_kubernetes_pod_label_agentyard_dev_runtime', 'runtime'],
    ]);
  });

  it('finds workloads that are made after it', () => {
    const { program, monitor } = monitored();
    program.agent('late');
    expect(monitor().spec.selector.matchExpressions[1].values).toContain('late');
  });

  it('takes an interval, and labels by which a Prometheus finds it', () => {
    const { monitor } = monitored({ interval: Duration.minutes(1), labels: { release: 'prometheus' } });
    expect(monitor().spec.podMetricsEndpoints[0].interval).toBe('60s');
    expect(monitor().metadata.labels).toMatchObject({ release: 'prometheus', 'agentyard.dev/app': 'program' });
  });

  it.each<[string, WorkloadMonitorProps, () => Program, RegExp]>([
    [
      'where the profile lets nobody read metrics',
      {},
      () => new MonitoredProgram({ metricsScraper: undefined }),
      /\[PROFILE_FACT_MISSING\] chart\/monitor: .*who reads metrics/,
    ],
    [
      'in a namespace without workloads',
      {},
      () => new Program('empty'),
      /\[MONITORING_EMPTY\] chart\/monitor: .*in the namespace "empty"/,
    ],
    [
      'with an interval of less than a second',
      { interval: Duration.millis(10) },
      () => new MonitoredProgram(),
      /\[LIMIT_INVALID\] chart\/monitor: interval is 10 ms/,
    ],
    [
      'with a label that is none',
      { labels: { release: 'a b' } },
      () => new MonitoredProgram(),
      /\[LABEL_INVALID\] chart\/monitor/,
    ],
  ])('fails synth %s', (_, props, make, message) => {
    const { program } = monitored(props, make());
    expect(() => program.synth()).toThrow(message);
  });
});
