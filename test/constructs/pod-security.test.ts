import { ClusterProfile, type PodSecurity } from 'agentyard';
import { Program, warningsOf, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const pod = (security: PodSecurity, cluster?: ClusterProfile, podAnnotations?: Record<string, string>): Manifest => {
  const program = new Program('agents', cluster);
  program.agent('w', { security, podAnnotations });
  return program.object('Deployment', 'w').spec.template;
};

describe('security options', () => {
  it('take another user, group and group of files; what is not given stays', () => {
    expect(pod({ runAsUser: 1000, fsGroup: 0 }).spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 65534,
      fsGroup: 0,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('take a seccomp profile of the nodes, for pod and container', () => {
    const { spec } = pod({ seccompProfile: 'profiles/agent.json' });
    const expected = { type: 'Localhost', localhostProfile: 'profiles/agent.json' };
    expect(spec.securityContext.seccompProfile).toEqual(expected);
    expect(spec.containers[0].securityContext.seccompProfile).toEqual(expected);
  });

  it.each<[keyof PodSecurity, PodSecurity, (template: Manifest) => unknown, boolean]>([
    [
      'readOnlyRootFilesystem',
      { readOnlyRootFilesystem: false },
      ({ spec }) => spec.containers[0].securityContext.readOnlyRootFilesystem,
      false,
    ],
    ['serviceLinks', { serviceLinks: true }, ({ spec }) => spec.enableServiceLinks, true],
    ['automountToken', { automountToken: true }, ({ spec }) => spec.automountServiceAccountToken, true],
  ])('%s may be weakened by name, which warns', (prop, security, read, expected) => {
    let template: Manifest;
    const warnings = warningsOf(() => (template = pod(security)));
    expect(read(template)).toBe(expected);
    expect(warnings).toMatch(new RegExp(`^warning \\[SECURITY_WEAKENED\\] chart/w: security\\.${prop} is ${expected}`));
  });

  it('warn of nothing that is as by default', () => {
    const security = { readOnlyRootFilesystem: true, serviceLinks: false, automountToken: false, runAsUser: 65534 };
    expect(warningsOf(() => pod(security))).toBe('');
  });

  it('warn of further networks, on which no policy holds', () => {
    const annotations = { 'k8s.v1.cni.cncf.io/networks': 'storage' };
    expect(warningsOf(() => pod({}, undefined, annotations))).toContain(
      '[SECURITY_WEAKENED] chart/w: podAnnotations hold k8s.v1.cni.cncf.io/networks',
    );
  });

  it('take the token even from pods that may call the API server', () => {
    const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });
    const token = (security?: PodSecurity): unknown => {
      const program = new Program('agents', cluster);
      program.agent('w', { security }).connections.allowToApiServer();
      return program.object('Deployment', 'w').spec.template.spec.automountServiceAccountToken;
    };
    expect([token(), token({ automountToken: false })]).toEqual([true, false]);
  });
});

describe('on OpenShift, which assigns users', () => {
  const cluster = ClusterProfile.openshift({ apiServer: { cidrs: ['10.0.0.1/32'] } });
  const annotation = 'openshift.io/required-scc';

  it('other constraints that the program names admit a user of its own', () => {
    const { metadata, spec } = pod({ runAsUser: 1000 }, cluster, { [annotation]: 'nonroot-v2' });
    expect(metadata.annotations[annotation]).toBe('nonroot-v2');
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('constraints that admit more than Pod Security restricted warn', () => {
    expect(warningsOf(() => pod({}, cluster, { [annotation]: 'nonroot-v2' }))).toBe('');
    expect(warningsOf(() => pod({}, cluster, { [annotation]: 'anyuid' }))).toContain('[SECURITY_WEAKENED] chart/w: ');
  });

  it('the annotation says nothing elsewhere', () => {
    expect(warningsOf(() => pod({}, undefined, { [annotation]: 'anyuid' }))).toBe('');
  });
});
