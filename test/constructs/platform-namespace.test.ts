import { App, Chart, Testing } from 'cdk8s';
import { PlatformNamespace, PodSecurityLevel, type PlatformNamespaceProps } from 'agentyard';

function rendered(props?: PlatformNamespaceProps, namespace: string | undefined = 'agents') {
  const chart = new Chart(new App(), 'chart', { namespace });
  const made = new PlatformNamespace(chart, 'namespace', props);
  return { made, objects: Testing.synth(chart) };
}

describe('a namespace of the platform', () => {
  it('is the one of its chart, and admits nothing below `restricted`', () => {
    const { made, objects } = rendered();
    expect(made.namespaceName).toBe('agents');
    expect(objects).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: 'agents',
          labels: {
            'pod-security.kubernetes.io/enforce': 'restricted',
            'pod-security.kubernetes.io/enforce-version': 'latest',
            'pod-security.kubernetes.io/audit': 'restricted',
            'pod-security.kubernetes.io/audit-version': 'latest',
            'pod-security.kubernetes.io/warn': 'restricted',
            'pod-security.kubernetes.io/warn-version': 'latest',
          },
        },
      },
    ]);
  });

  it('takes a name, a level, its version and further labels', () => {
    const { objects } = rendered({
      name: 'tools',
      podSecurity: PodSecurityLevel.BASELINE,
      podSecurityVersion: 'v1.33',
      labels: { team: 'platform' },
    });
    expect(objects[0].metadata.name).toBe('tools');
    expect(objects[0].metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'baseline',
      'pod-security.kubernetes.io/warn-version': 'v1.33',
      team: 'platform',
    });
  });

  it('cannot lose its level to a further label', () => {
    const { objects } = rendered({ labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } });
    expect(objects[0].metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });

  it('stands in a chart without a namespace too, if it has a name', () => {
    expect(rendered({ name: 'tools' }, undefined).objects[0].metadata).toMatchObject({ name: 'tools' });
  });

  it.each<[string, PlatformNamespaceProps, string | undefined, RegExp]>([
    ['no name anywhere', {}, undefined, /\[NAMESPACE_MISSING\] chart\/namespace: its chart has no namespace/],
    ['a name that is none', { name: 'My_Tools' }, 'agents', /\[NAME_INVALID\] chart\/namespace: "My_Tools"/],
    ['a label that is none', { labels: { team: 'a b' } }, 'agents', /\[LABEL_INVALID\].*"team: a b"/],
    ['a version that is none', { podSecurityVersion: '1 33' }, 'agents', /\[LABEL_INVALID\]/],
  ])('fails with %s', (_, props, namespace, message) => {
    const app = new App();
    new PlatformNamespace(new Chart(app, 'chart', { namespace }), 'namespace', props);
    expect(() => app.synthYaml()).toThrow(message);
  });
});
