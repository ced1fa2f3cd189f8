import { Duration, Size } from 'cdk8s';
import { ApiKeys, Auth, Peer, PostgresDatabase, Role, RouteMatch, Sessions, SharedStore } from 'agentyard';
import { Program } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const servedBy = Peer.pods({ namespace: 'data', podLabels: { app: 'valkey' } });
const store = SharedStore.valkey({ host: 'valkey.data.svc', servedBy, passwordSecretName: 'valkey' });
const auth = Auth.apiKeys(ApiKeys.fromSecretName('keys'));
const officer = Role.fromRoleName('officer');

describe('sessions of an agent', () => {
  it('in a store: its document, the password and the way to it, for several replicas', () => {
    const program = new Program();
    const sessions = Sessions.inStore(store, { ttl: Duration.hours(1), maxSize: Size.kibibytes(64) });
    program.agent('support', { sessions, replicas: 3 });
    expect(program.document('support-config', 'agent.json').sessions).toMatchObject({
      store: {
        kind: 'valkey',
        host: 'valkey.data.svc',
        port: 6379,
        passwordFile: '/var/run/secrets/agentyard/store/password',
      },
      ttlMs: 3_600_000,
      maxBytes: 65_536,
    });
    const { template } = program.object('Deployment', 'support').spec;
    expect(template.spec.volumes).toContainEqual(
      expect.objectContaining({ secret: expect.objectContaining({ secretName: 'valkey' }) as unknown }),
    );
    const policy = program.object('NetworkPolicy', 'support');
    expect(policy.spec.egress).toContainEqual(
      expect.objectContaining({
        to: [expect.objectContaining({ podSelector: { matchLabels: { app: 'valkey' } } })],
        ports: [{ port: 6379, protocol: 'TCP' }],
      }),
    );
  });

  it('in a database: its document, the password, the authorities and the way to it', () => {
    const program = new Program();
    const database = PostgresDatabase.at({
      host: 'postgres.data.svc',
      servedBy: Peer.pods({ namespace: 'data', podLabels: { app: 'postgres' } }),
      database: 'agents',
      username: 'support',
      passwordSecretName: 'postgres',
      tls: true,
      authorities: { configMapName: 'data-ca' },
    });
    program.agent('support', { sessions: Sessions.inDatabase(database), replicas: 2 });
    const { store: section } = program.document('support-config', 'agent.json').sessions;
    expect(section).toMatchObject({
      kind: 'postgres',
      host: 'postgres.data.svc',
      port: 5432,
      database: 'agents',
      username: 'support',
      passwordFile: '/var/run/secrets/agentyard/database/password',
    });
    const { spec } = program.object('Deployment', 'support').spec.template;
    const [{ volumeMounts }] = spec.containers;
    const isMounted = (file: string) =>
      volumeMounts.some(({ mountPath }: { mountPath: string }) => file.startsWith(`${mountPath}/`));
    expect([section.passwordFile, section.tls.caFile].map(isMounted)).toEqual([true, true]);
    expect(program.object('NetworkPolicy', 'support').spec.egress).toContainEqual(
      expect.objectContaining({ ports: [{ port: 5432, protocol: 'TCP' }] }),
    );
  });

  it('on a volume: mounted, and written by one pod at a time', () => {
    const program = new Program();
    program.agent('support', { sessions: Sessions.onVolume('support-sessions') });
    const { sessions } = program.document('support-config', 'agent.json');
    expect(sessions.store).toEqual({ kind: 'volume', directory: '/var/lib/agentyard/sessions' });
    const { strategy, template } = program.object('Deployment', 'support').spec;
    expect(strategy.rollingUpdate).toMatchObject({ maxSurge: 0, maxUnavailable: 1 });
    expect(template.spec.volumes).toContainEqual({
      name: 'sessions',
      persistentVolumeClaim: { claimName: 'support-sessions' },
    });
    const [{ volumeMounts }] = template.spec.containers;
    const mount = volumeMounts.find(({ name }: { name: string }) => name === 'sessions');
    expect(mount).toMatchObject({ mountPath: '/var/lib/agentyard/sessions' });
    expect(mount.readOnly).not.toBe(true);
  });

  it('in memory: nothing but a word in the document', () => {
    const program = new Program();
    program.agent('support', { sessions: Sessions.inMemory() });
    expect(program.document('support-config', 'agent.json').sessions).toMatchObject({ store: { kind: 'memory' } });
  });
});

describe('approvals of an agent', () => {
  it('mark the tools, and tell agent and gateway who may approve', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    const support = program.agent('support', {
      tools: [logs],
      sessions: Sessions.inStore(store),
      approvals: { tools: [logs.tool('greet')], approvers: [officer], timeout: Duration.hours(2) },
    });
    program.gateway('gateway', { auth }).addRoute('support', { match: RouteMatch.agent(support) });
    const document = program.document('support-config', 'agent.json');
    expect(document.approvals).toMatchObject({ approverRoles: ['officer'], timeoutMs: 7_200_000 });
    const [{ tools }] = document.toolsets;
    expect(tools.filter((tool: { needsApproval?: boolean }) => tool.needsApproval)).toEqual([
      { name: 'greet', as: 'greet', needsApproval: true },
    ]);
    const [agent] = program.document('gateway-routes', 'gateway.json').agents;
    expect(agent).toMatchObject({ approverRoles: ['officer'], keepsSessions: true });
  });

  it('are none by default', () => {
    const program = new Program();
    const support = program.agent('support', { tools: [program.toolset('logs')] });
    program.gateway('gateway').addRoute('support', { match: RouteMatch.agent(support) });
    const document = program.document('support-config', 'agent.json');
    expect(document).not.toHaveProperty('approvals');
    expect(JSON.stringify(document.toolsets)).not.toContain('needsApproval');
    const [agent] = program.document('gateway-routes', 'gateway.json').agents;
    expect(agent).not.toHaveProperty('approverRoles');
    expect(agent).not.toHaveProperty('keepsSessions', true);
  });
});
