import type { DoctorOptions } from '../src/doctor/options';
import { ProbePods } from '../src/doctor/probe-objects';
import { ProbeScope } from '../src/doctor/probe-scope';
import { probeSteps, type Direction, type ProbeStep } from '../src/doctor/probe-step';

const dns = {
  namespace: 'kube-system',
  podLabels: { 'k8s-app': 'kube-dns' },
  port: 53,
  cidrs: [],
  clusterDomain: 'example.org',
};
const options: DoctorOptions = { keep: false, timeout: 300, settle: 20, image: 'node:24', dns, program: '' };
const scope = new ProbeScope(undefined, 'run');
const pods = new ProbePods(scope, options, false);
const expected = ({ open, dns: answers }: ProbeStep) => JSON.stringify([open, answers]);
const tasksOf = (direction: Direction): any[] => {
  const job = pods.caller(direction, probeSteps(direction, scope, dns), ['10.0.0.3', 'fd00::3']);
  const { initContainers, containers } = job.spec.template.spec as any;
  return [...initContainers, ...containers].map(({ args }) => JSON.parse(args[1]));
};

describe.each(['ingress', 'egress'] as const)('the steps of %s', (direction) => {
  const steps = probeSteps(direction, scope, dns);

  it('differ each from the one before in what answers, so that none passes for the next', () => {
    for (const [i, step] of steps.slice(1).entries()) expect(expected(step)).not.toBe(expected(steps[i]!));
  });

  it('open something new each, or close all: a network that is down passes for none but the denial', () => {
    const closedAll = steps.slice(1).filter((step) => step.open.length === 0 && !step.dns);
    expect(closedAll.map(({ id }) => id)).toEqual(['deny']);
    for (const [i, step] of steps.slice(2).entries()) {
      const before = steps[i + 1]!;
      const opened = step.open.filter((port) => !before.open.includes(port));
      expect(opened.length > 0 || (step.dns && !before.dns)).toBe(true);
    }
  });

  it('begin and end without a policy, with all open', () => {
    expect([steps.at(0), steps.at(-1)].map((step) => [step?.id, step?.rules])).toEqual([
      ['before', undefined],
      ['after', undefined],
    ]);
    expect(expected(steps.at(0)!)).toBe(expected(steps.at(-1)!));
  });

  it('look at every port under every policy, at each address', () => {
    const all = new Set(tasksOf(direction).map(({ open, closed }) => JSON.stringify([...open, ...closed].sort())));
    expect(all.size).toBe(1);
    const [targets] = [...all].map((text) => JSON.parse(text) as string[]);
    const ports = [8080, 8081, 8090, 8091, 8092];
    const names = ['dns+udp://kubernetes.default.svc.example.org', 'dns+tcp://kubernetes.default.svc.example.org'];
    expect(targets).toEqual(
      [
        ...ports.flatMap((port) => [`tcp://10.0.0.3:${port}`, `tcp://[fd00::3]:${port}`]),
        ...(direction === 'egress' ? names : []),
      ].sort(),
    );
  });
});

describe('the pods of the probe', () => {
  it('are hardened as those of the platform', () => {
    const specs = [
      pods.listener().spec,
      pods.caller('egress', probeSteps('egress', scope, dns), []).spec.template.spec,
    ];
    for (const spec of specs as any[]) {
      expect(spec).toMatchObject({
        restartPolicy: 'Never',
        activeDeadlineSeconds: 360,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        hostNetwork: false,
        hostPID: false,
        hostIPC: false,
      });
      expect(spec.securityContext).toEqual({
        runAsNonRoot: true,
        runAsUser: 65534,
        runAsGroup: 65534,
        fsGroup: 65534,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(Object.keys(container.resources.limits)).toEqual(['cpu', 'memory', 'ephemeral-storage']);
      }
    }
  });
});
