import { DRY_RUN, run } from './fixtures/doctor-run';

describe('admission of a privileged pod', () => {
  const OF_ANY_POD = '"kind":"Pod"';
  const OF_PRIVILEGED = '"privileged":true';

  it.each([
    ['by a policy engine', 'Error from server (Forbidden): admission webhook "kyverno" denied the request', 'ok'],
    [
      'by a policy engine that says much',
      'Error from server: admission webhook "kyverno" denied the request:\n\nresource Pod was blocked\n\nprivileged:\n  rule: no',
      'ok',
    ],
    ['by SCC', 'Error from server (Forbidden): unable to validate against any security context constraint', 'ok'],
    ['by a policy', "Error from server: ValidatingAdmissionPolicy 'no-root' denied request: privileged", 'ok'],
    ['by a quota, which proves nothing,', 'Error from server (Forbidden): exceeded quota: pods', 'unknown'],
    [
      'since a webhook does not answer, which proves nothing,',
      'Error from server (InternalError): failed calling webhook "x": context deadline exceeded',
      'unknown',
    ],
  ])('may be refused %s', async (_, stderr, status) => {
    const { check } = await run({ failures: [{ command: DRY_RUN, object: OF_PRIVILEGED, stderr }] });
    const last = stderr.split('\n').at(-1);
    expect(check('pod-security')).toMatchObject({ status, detail: expect.stringContaining(last!.trim()) });
  });

  it.each([
    [
      'by a policy about labels',
      'admission webhook "gatekeeper" denied the request: you must provide labels: {"team"}',
    ],
    ['by a policy about images', "ValidatingAdmissionPolicy 'p' denied request: image tag latest not allowed"],
    ['for want of rights', 'pods is forbidden: User "jane" cannot create resource "pods" in API group ""'],
    ['for want of dry runs', 'admission webhook "x" does not support dry run'],
  ])('shows nothing, if a pod without privileges is refused as well %s', async (_, stderr) => {
    const { check } = await run({ failures: [{ command: DRY_RUN, object: OF_ANY_POD, stderr }] });
    expect(check('pod-security')).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining(
        `a pod without privileges is refused, so a refusal of a privileged one would show nothing: ${stderr}`,
      ),
    });
  });

  it('is tried with two pods that differ in nothing else', async () => {
    const { cluster } = await run();
    const [plain, privileged] = cluster.calls.filter(({ args }) => args.includes(DRY_RUN)).map(({ object }) => object);
    const [container] = plain.spec.containers;
    expect(container.securityContext).toMatchObject({ privileged: false, allowPrivilegeEscalation: false });
    container.securityContext = { ...container.securityContext, privileged: true, allowPrivilegeEscalation: true };
    expect(privileged).toEqual(plain);
  });

  it('is a failure', async () => {
    const admitted = { admitsPrivileged: true };
    expect((await run(admitted)).check('pod-security')).toMatchObject({
      status: 'FAILED',
      remedy: expect.stringContaining('switch the admission plugin PodSecurity on'),
    });
    expect((await run(admitted, { namespace: 'agents' })).check('pod-security')).toMatchObject({
      status: 'FAILED',
      remedy: 'kubectl label namespace agents pod-security.kubernetes.io/enforce=restricted',
    });
  });
});
