import { ClusterProfile, Isolation, IsolationLayer, Mesh, Peer, Port, type ToolsetProps } from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

describe('the isolation of a toolset', () => {
  const made = (props: Partial<ToolsetProps>) => {
    const program = new Program();
    program.toolset('logs', props);
    const { spec } = program.object('Deployment', 'logs').spec.template;
    return { runtimeClassName: spec.runtimeClassName, ...program.document('logs-config', 'toolset.json').isolation };
  };

  it('is the kernel of the node by default: no privileges, a filter, and Landlock for files', () => {
    expect(made({})).toEqual({
      runtimeClassName: undefined,
      network: false,
      requiredLayers: ['no-new-privileges', 'seccomp', 'landlock-files'],
    });
  });

  it('requires what is asked for beside what is always required', () => {
    const { LANDLOCK_FILES, LANDLOCK_SCOPES } = IsolationLayer;
    const layers = (requiredLayers: IsolationLayer[]) =>
      made({ isolation: Isolation.standard({ requiredLayers }) }).requiredLayers;
    expect(layers([LANDLOCK_SCOPES, LANDLOCK_FILES])).toEqual([
      'no-new-privileges',
      'seccomp',
      'landlock-scopes',
      'landlock-files',
    ]);
    expect(layers([])).toEqual(['no-new-privileges', 'seccomp']);
  });

  it('is a runtime class, which requires no layer unless it is asked for; code may be untrusted then', () => {
    expect(made({ isolation: Isolation.runtimeClass('gvisor'), untrusted: true })).toEqual({
      runtimeClassName: 'gvisor',
      network: false,
      requiredLayers: [],
    });
    const requiredLayers = [IsolationLayer.LANDLOCK_FILES];
    expect(made({ isolation: Isolation.runtimeClass('kata', { requiredLayers }) })).toMatchObject({
      runtimeClassName: 'kata',
      requiredLayers: ['landlock-files'],
    });
  });

  it.each<[string, (program: Program) => void]>([
    ['a host', (p) => p.toolset('logs').connections.allowTo(Peer.host('api.example.com'), Port.tcp(443))],
    ['addresses', (p) => p.toolset('logs').connections.allowTo(Peer.cidr('10.0.0.0/8'), Port.tcp(443))],
    ['a workload', (p) => p.toolset('logs').connections.allowTo(p.agent('support'), Port.tcp(8080))],
    ['the API server', (p) => p.toolset('logs').connections.allowToApiServer()],
  ])('opens sockets of the network where the program lets it connect to %s', (_, connect) => {
    const program = new Program();
    connect(program);
    expect(program.document('logs-config', 'toolset.json').isolation.network).toBe(true);
  });

  it('opens none for those who call it, nor for the sidecar of a mesh', () => {
    const cluster = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] }, mesh: Mesh.istio() });
    const program = new Program('agents', cluster);
    program.agent('support', { tools: [program.toolset('logs')] });
    expect(program.document('logs-config', 'toolset.json').isolation.network).toBe(false);
  });
});
