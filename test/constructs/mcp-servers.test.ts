import { Chart, Duration } from 'cdk8s';
import { Deployment, EnvValue } from 'cdk8s-plus-29';
import {
  ApiKeys,
  Auth,
  ClientFeature,
  ClusterProfile,
  Egress,
  ForeignNames,
  KeycloakRealm,
  McpServer,
  Peer,
  Port,
  Role,
  type IMcpServer,
} from 'agentyard';
import { evaluate } from 'agentyard/testing';
import 'agentyard/testing/jest';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const HUBSPOT = { namespace: 'mcp', podLabels: { app: 'hubspot' } };
const github = (program: Program, id = 'github') =>
  McpServer.fromUrl(program.chart, id, { url: 'https://api.githubcopilot.com/mcp/' });

/** What the gateway is told of servers. */
function told(program: Program, mcpServers: IMcpServer[]): Manifest[] {
  program.gateway('gateway', { mcpServers });
  return program.document('gateway-routes', 'gateway.json').mcpServers;
}

describe('an MCP server behind a gateway', () => {
  it('is for nobody, and may ask nothing, unless the program says so', () => {
    const program = new Program();
    expect(told(program, [github(program)])).toEqual([
      {
        name: 'github',
        endpoint: { by: 'url', url: 'https://api.githubcopilot.com/mcp/' },
        timeoutMs: 30_000,
        listTimeoutMs: 5_000,
        tools: [],
        otherTools: [],
        resources: [],
        prompts: [],
        mayAsk: [],
        // How much it may do at once opens nothing.
        limits: expect.any(Object) as object,
      },
    ]);
  });

  it('is for whom the program says, tool by tool', () => {
    const program = new Program();
    const [reader, writer] = [Role.fromRoleName('reader'), Role.fromRoleName('writer')];
    const server = McpServer.fromUrl(program.chart, 'github', {
      url: 'https://api.githubcopilot.com/mcp/',
      toolRoles: { 'issues/create': [writer], delete_repository: [] },
      otherToolRoles: [writer, reader],
      resourceRoles: [Role.anyCaller()],
      promptRoles: [reader],
      mayAsk: [ClientFeature.SAMPLING, ClientFeature.ELICITATION, ClientFeature.SAMPLING],
      timeout: Duration.minutes(2),
      listTimeout: Duration.seconds(1),
    });
    program.gateway('gateway', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
      mcpServers: [server],
      foreignNames: ForeignNames.PREFIXED,
    });
    const document = program.document('gateway-routes', 'gateway.json');
    expect(document.foreignNames).toBe('prefixed');
    expect(document.mcpServers[0]).toMatchObject({
      timeoutMs: 120_000,
      listTimeoutMs: 1_000,
      tools: [
        { name: 'issues/create', allowedRoles: ['writer'] },
        { name: 'delete_repository', allowedRoles: [] },
      ],
      otherTools: ['reader', 'writer'],
      resources: '*',
      prompts: ['reader'],
      mayAsk: ['elicitation', 'sampling'],
    });
    // Whoever stops a gateway waits for its longest request.
    expect(document.shutdown.graceMs).toBe(120_000);
    const { terminationGracePeriodSeconds } = program.object('Deployment', 'gateway').spec.template.spec;
    expect(terminationGracePeriodSeconds).toBe(130);
  });

  it('makes its roles those that the gateway takes from a realm', () => {
    const program = new Program();
    const realm = new KeycloakRealm(program.chart, 'realm', { hostname: 'sso.example.com' });
    const [reader] = ['reader', 'unused'].map((name) => realm.addRole(name));
    const server = McpServer.fromUrl(program.chart, 'docs', {
      url: 'https://mcp.example.com/mcp',
      promptRoles: [reader as Role],
    });
    program.gateway('gateway', {
      auth: Auth.keycloak(realm),
      publicUrl: 'https://gw.example.com',
      mcpServers: [server],
    });
    expect(program.document('gateway-routes', 'gateway.json').auth.issuers[0].roles).toEqual(['reader']);
  });

  it('is opened to the gateways that serve it, and to no other', () => {
    const program = new Program('agents', ClusterProfile.generic({ egress: Egress.proxy() }));
    const [server, other] = [github(program), program.gateway('other')];
    const gateway = program.gateway('gateway', { mcpServers: [server] });
    const evaluation = evaluate(program.app);
    expect(evaluation.at(gateway)).toReach('api.githubcopilot.com', 443);
    expect(evaluation.at(other)).not.toReach('api.githubcopilot.com', 443);
    expect(evaluation.at(gateway)).not.toReach('example.com', 443);
  });

  it('on the own machine needs no opening, and may speak http there', () => {
    const program = new Program('agents', ClusterProfile.generic({ egress: Egress.none() }));
    const server = McpServer.fromUrl(program.chart, 'local', { url: 'http://localhost:3001/mcp' });
    expect(told(program, [server])[0].endpoint).toEqual({ by: 'url', url: 'http://localhost:3001/mcp' });
  });

  it('may be at private addresses, if they are named', () => {
    const program = new Program();
    const options = { url: 'https://mcp.corp.example.com/mcp', privateEndpoints: [Peer.cidr('10.1.2.0/24')] };
    program.gateway('gateway', { mcpServers: [McpServer.fromUrl(program.chart, 'corp', options)] });
    expect(program.app.synthYaml()).toContain('10.1.2.0/24');
  });
});

describe('an MCP server in the cluster that is not of the program', () => {
  it('is called by the address of its Service, and opened by its pods', () => {
    const program = new Program();
    const server = McpServer.fromService(program.chart, 'hubspot', {
      host: 'hubspot.mcp.svc',
      servedBy: Peer.pods(HUBSPOT),
      port: 8000,
      servicePort: 80,
      path: '/hubspot/mcp',
    });
    const gateway = program.gateway('gateway', { mcpServers: [server] });
    const { mcpServers } = program.document('gateway-routes', 'gateway.json');
    expect(mcpServers[0].endpoint).toEqual({ by: 'url', url: 'http://hubspot.mcp.svc:80/hubspot/mcp' });
    const evaluation = evaluate(program.app);
    const pods = (namespace: string, labels: Record<string, string>) => ({ namespace, labels });
    expect(evaluation.at(gateway)).toReach(pods('mcp', { app: 'hubspot' }), 8000);
    expect(evaluation.at(gateway)).not.toReach(pods('mcp', { app: 'hubspot' }), 80);
    expect(evaluation.at(gateway)).not.toReach(pods('mcp', { app: 'mssql' }), 8000);
    expect(evaluation.at(gateway)).not.toReach(pods('elsewhere', { app: 'hubspot' }), 8000);
  });

  it('is called pod by pod, if its Service is headless', () => {
    const program = new Program();
    const servedBy = Peer.pods(HUBSPOT);
    const options = { host: 'hubspot-pods.mcp.svc.cluster.local', servedBy, port: 8000, headless: true };
    const { endpoint } = told(program, [McpServer.fromService(program.chart, 'hubspot', options)])[0];
    expect(endpoint).toEqual({ by: 'pods', host: 'hubspot-pods.mcp.svc.cluster.local', port: 8000, path: '/mcp' });
  });

  it('may speak TLS there too, with authorities and a client certificate that the gateway mounts', () => {
    const program = new Program();
    const tlsOptions = {
      authorities: { configMapName: 'corporate-ca' },
      clientCertificateSecretName: 'gateway-client',
    };
    const options = {
      host: 'hubspot-pods.mcp.svc',
      servedBy: Peer.pods(HUBSPOT),
      port: 8443,
      headless: true,
      tls: true,
    };
    const [plain, own] = told(program, [
      McpServer.fromService(program.chart, 'plain', options),
      McpServer.fromService(program.chart, 'own', { ...options, tlsOptions }),
    ]);
    expect(plain.endpoint).toMatchObject({ by: 'pods', tls: {} });
    const { volumes, containers } = program.object('Deployment', 'gateway').spec.template.spec;
    const mountOf = (file: string) => {
      const directory = file.slice(0, file.lastIndexOf('/'));
      const mount = containers[0].volumeMounts.find(({ mountPath }: Manifest) => mountPath === directory);
      return volumes.find(({ name }: Manifest) => name === mount.name);
    };
    const { caFile, clientCertificateFile, clientKeyFile } = own.endpoint.tls;
    expect(mountOf(caFile as string).configMap).toEqual({
      name: 'corporate-ca',
      items: [{ key: 'ca-certificates.crt', path: 'ca.crt' }],
    });
    expect(mountOf(clientCertificateFile as string).secret).toEqual({
      secretName: 'gateway-client',
      items: [
        { key: 'tls.crt', path: 'tls.crt' },
        { key: 'tls.key', path: 'tls.key' },
      ],
      defaultMode: 0o440,
    });
    expect(clientKeyFile).toBe((clientCertificateFile as string).replace('.crt', '.key'));
  });

  it('may be a Deployment of cdk8s-plus', () => {
    const program = new Program();
    const chart = new Chart(program.app, 'tools', { namespace: 'mcp' });
    const deployment = new Deployment(chart, 'hubspot', { containers: [{ image: 'hubspot', portNumber: 8000 }] });
    const options = { host: 'hubspot.mcp.svc', servedBy: deployment, port: 8000, tls: true };
    const gateway = program.gateway('gateway', {
      mcpServers: [McpServer.fromService(program.chart, 'hubspot', options)],
    });
    const { mcpServers } = program.document('gateway-routes', 'gateway.json');
    expect(mcpServers[0].endpoint.url).toBe('https://hubspot.mcp.svc:8000/mcp');
    expect(evaluate(program.app).at(gateway)).toReach(deployment, 8000);
  });
});

describe('an MCP server that the program deploys', () => {
  const mssql = (program: Program) =>
    new McpServer(program.chart, 'mssql', {
      image: 'registry.example.com/mssql-mcp:1.2',
      port: 8000,
      args: ['--transport', 'http'],
      env: { LOG_LEVEL: EnvValue.fromValue('info') },
      honoursProxy: true,
      otherToolRoles: [Role.anyCaller()],
    });

  it('is hardened as all workloads are, and is told nothing', () => {
    const program = new Program();
    mssql(program);
    const { spec } = program.object('Deployment', 'mssql').spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      dnsPolicy: 'None',
      volumes: [],
    });
    const [container] = spec.containers;
    expect(container).toMatchObject({
      image: 'registry.example.com/mssql-mcp:1.2',
      args: ['--transport', 'http'],
      env: [{ name: 'LOG_LEVEL', value: 'info' }],
      ports: [{ name: 'http', containerPort: 8000, protocol: 'TCP' }],
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      livenessProbe: { tcpSocket: { port: 'http' } },
      readinessProbe: { tcpSocket: { port: 'http' } },
    });
    expect(program.synth().filter(({ kind }) => kind === 'ConfigMap')).toEqual([]);
  });

  it('is asked how it is where it says so', () => {
    const program = new Program();
    new McpServer(program.chart, 'mssql', { image: 'x', port: 8000, healthPath: '/health' });
    const [container] = program.object('Deployment', 'mssql').spec.template.spec.containers;
    expect(container.readinessProbe.httpGet).toEqual({ path: '/health', port: 'http' });
    expect(container.livenessProbe.tcpSocket).toEqual({ port: 'http' });
  });

  it('is reached by the gateways that serve it alone, and reaches what it is let to', () => {
    const program = new Program('agents', ClusterProfile.generic({ egress: Egress.proxy() }));
    const server = mssql(program);
    server.connections.allowTo(Peer.pods({ namespace: 'data', podLabels: { app: 'mssql' } }), Port.tcp(1433));
    server.connections.allowTo(Peer.host('login.microsoftonline.com'), Port.tcp(443));
    const gateway = program.gateway('gateway', { mcpServers: [server] });
    const other = program.gateway('other');
    expect(program.document('gateway-routes', 'gateway.json').mcpServers[0].endpoint).toEqual({
      by: 'pods',
      host: 'mssql-pods.agents.svc',
      port: 8000,
      path: '/mcp',
    });
    const evaluation = evaluate(program.app);
    expect(evaluation.at(gateway)).toReach(server, 8000);
    expect(evaluation.at(other)).not.toReach(server, 8000);
    expect(evaluation.at(server)).toReach({ namespace: 'data', labels: { app: 'mssql' } }, 1433);
    expect(evaluation.at(server)).toReach('login.microsoftonline.com', 443);
    expect(evaluation.at(server)).not.toReach(gateway, 8080);
    const ports = ['mssql', 'mssql-pods'].map((name) => program.object('Service', name).spec.ports);
    for (const each of ports) expect(each).toEqual([expect.objectContaining({ port: 8000, targetPort: 'http' })]);
  });

  it('lets others in at its own port', () => {
    const program = new Program();
    const server = mssql(program);
    server.connections.allowFrom(Peer.pods({ namespace: 'tests', podLabels: { app: 'probe' } }));
    const evaluation = evaluate(program.app);
    expect(evaluation.at({ namespace: 'tests', labels: { app: 'probe' } })).toReach(server, 8000);
    expect(evaluation.at({ namespace: 'tests', labels: { app: 'probe' } })).not.toReach(server, 8080);
  });

  it('serves no metrics of ours, so that nobody is let in for them', () => {
    const metricsScraper = Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } });
    const program = new Program('agents', ClusterProfile.generic({ metricsScraper }));
    mssql(program);
    expect(program.object('NetworkPolicy', 'mssql').spec).not.toHaveProperty('ingress');
  });

  it('waits before it ends where the kubelet can, since its image may have nothing to wait with', () => {
    const preStop = (kubernetesVersion: string) => {
      const program = new Program('agents', ClusterProfile.generic({ kubernetesVersion }));
      mssql(program);
      return program.object('Deployment', 'mssql').spec.template.spec.containers[0].lifecycle;
    };
    expect(preStop('1.30')).toEqual({ preStop: { sleep: { seconds: 5 } } });
    expect(preStop('1.29')).toBeUndefined();
  });
});

describe('the replicas of a gateway', () => {
  it('find each other by a Service that has them all, ready or not, and know their own address', () => {
    const program = new Program();
    program.gateway('gateway');
    expect(program.object('Service', 'gateway-peers').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ port: 8088, targetPort: 'peers' }],
    });
    expect(program.document('gateway-routes', 'gateway.json').peers).toEqual({
      host: 'gateway-peers.agents.svc',
      port: 8088,
    });
    const [container] = program.object('Deployment', 'gateway').spec.template.spec.containers;
    expect(container.env).toContainEqual({
      name: 'POD_IP',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } },
    });
    expect(container.ports).toContainEqual({ name: 'peers', containerPort: 8088, protocol: 'TCP' });
  });

  it('reach each other at that port alone, and nobody else does', () => {
    const program = new Program();
    const [gateway, other, agent] = [program.gateway('gateway'), program.gateway('other'), program.agent('agent')];
    const evaluation = evaluate(program.app);
    expect(evaluation.at(gateway)).toReach(gateway, 8088);
    expect(evaluation.at(gateway)).not.toReach(gateway, 8080);
    for (const stranger of [other, agent]) expect(evaluation.at(stranger)).not.toReach(gateway, 8088);
    expect(evaluation.at({ namespace: 'agents', labels: { app: 'x' } })).not.toReach(gateway, 8088);
  });
});
