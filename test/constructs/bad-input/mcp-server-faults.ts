import { Duration } from 'cdk8s';
import {
  Auth,
  Autoscaling,
  ClusterProfile,
  Egress,
  KeycloakRealm,
  McpServer,
  Peer,
  Port,
  Role,
  type IMcpServer,
  type McpServerProps,
  type McpServerServiceOptions,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

/** A gateway with servers. */
function gatewayOf(make: (program: Program) => IMcpServer[], program = new Program()) {
  return program.gateway('gateway', { tools: [program.toolset('logs')], mcpServers: make(program) });
}

const atUrl = (url: string) => gatewayOf(({ chart }) => [McpServer.fromUrl(chart, 'github', { url })]);

function atService(options: Partial<McpServerServiceOptions>) {
  const servedBy = Peer.pods({ namespace: 'mcp', podLabels: { app: 'hubspot' } });
  const all = { host: 'hubspot.mcp.svc', servedBy, port: 8000, ...options };
  return gatewayOf(({ chart }) => [McpServer.fromService(chart, 'hubspot', all)]);
}

const TLS = { authorities: { configMapName: 'corporate-ca' } };

function deployed(props: Partial<McpServerProps>, cluster?: ClusterProfile) {
  const program = new Program('agents', cluster);
  return new McpServer(program.chart, 'mssql', { image: 'example/mssql-mcp:1', port: 8000, ...props });
}

/** Faults of MCP servers of others, and of gateways that serve them. */
export const MCP_SERVER_FAULTS: FaultCase[] = [
  [
    'MCP_SERVER_INVALID',
    'chart/github: "http://mcp.example.com/mcp" is no https',
    () => atUrl('http://mcp.example.com/mcp'),
  ],
  ['MCP_SERVER_INVALID', '"mcp.example.com" is no https URL', () => atUrl('mcp.example.com')],
  ['MCP_SERVER_INVALID', '"https://...@mcp.example.com/" is no', () => atUrl('https://user:secret@mcp.example.com/')],
  ['MCP_SERVER_INVALID', '"https://mcp.example.com/mcp?..." is no', () => atUrl('https://mcp.example.com/mcp?key=s')],
  ['MCP_SERVER_INVALID', 'the host "*.example.com" of its URL', () => atUrl('https://*.example.com/mcp')],
  [
    'EGRESS_PEER_MISSING',
    'it is at "hubspot.mcp.svc", inside of the cluster',
    () => atUrl('https://hubspot.mcp.svc/mcp'),
  ],
  [
    'MCP_SERVER_INVALID',
    'chart/hubspot: "mcp.example.com" is no host name of a Service',
    () => atService({ host: 'mcp.example.com' }),
  ],
  ['MCP_SERVER_INVALID', '"hubspot" is no host name of a Service', () => atService({ host: 'hubspot' })],
  ['MCP_SERVER_INVALID', '"hubspot.mcp.svc/x" is no host', () => atService({ host: 'hubspot.mcp.svc/x' })],
  ['MCP_SERVER_INVALID', 'path is "mcp"', () => atService({ path: 'mcp' })],
  ['MCP_SERVER_INVALID', 'path is "/mcp?key=s"', () => atService({ path: '/mcp?key=s' })],
  [
    'MCP_SERVER_INVALID',
    'servicePort stands beside headless',
    () => atService({ headless: true, tls: true, servicePort: 80 }),
  ],
  ['UPSTREAM_TLS_INVALID', 'tlsOptions name neither', () => atService({ tls: true, tlsOptions: {} })],
  ['UPSTREAM_TLS_INVALID', 'tlsOptions are for TLS, and it is called without', () => atService({ tlsOptions: TLS })],
  [
    'UPSTREAM_TLS_INVALID',
    'tlsOptions are for TLS, and http://localhost:3000/mcp is called without',
    () =>
      gatewayOf(({ chart }) => [
        McpServer.fromUrl(chart, 'github', { url: 'http://localhost:3000/mcp', tlsOptions: TLS }),
      ]),
  ],
  ['LIMIT_INVALID', 'load.maxConcurrency is 0', () => atService({ load: { maxConcurrency: 0 } })],
  ['PORT_INVALID', 'its port 0 is no port', () => atService({ port: 0 })],
  ['PORT_INVALID', 'its port 70000 is no port', () => atService({ servicePort: 70_000 })],
  [
    'PEER_INVALID',
    'chart/hubspot: pods or a block of addresses',
    () => atService({ servedBy: Peer.host('api.example.com') }),
  ],
  [
    'MCP_SERVER_INVALID',
    'toolRoles or argumentRules name the tool ""',
    () => atService({ toolRoles: { '': [Role.anyCaller()] } }),
  ],
  ['TIMEOUT_TOO_LONG', 'timeout is 960000 ms', () => atService({ timeout: Duration.minutes(16) })],
  ['LIMIT_INVALID', 'listTimeout is 0 ms', () => atService({ listTimeout: Duration.millis(0) })],
  [
    'NAME_INVALID',
    'chart/My Server: "My Server" is no DNS label',
    () => gatewayOf(({ chart }) => [McpServer.fromUrl(chart, 'My Server', { url: 'https://mcp.example.com/mcp' })]),
  ],
  [
    'MCP_SERVER_DUPLICATE',
    'chart/gateway: "logs" is the name of two',
    () => {
      const program = new Program();
      const server = McpServer.fromUrl(program.app, 'logs', { url: 'https://mcp.example.com/mcp' });
      return gatewayOf(() => [server], program);
    },
  ],
  [
    'MCP_SERVER_DUPLICATE',
    '"github" is the name of two',
    () => {
      return gatewayOf(({ chart }) => {
        const server = McpServer.fromUrl(chart, 'github', { url: 'https://mcp.example.com/mcp' });
        return [server, server];
      });
    },
  ],
  [
    'ROLE_UNKNOWN',
    'chart/gateway: the tool "search" of the MCP server chart/github asks for elsewhere',
    () => {
      const program = new Program();
      const realm = new KeycloakRealm(program.chart, 'realm', { hostname: 'sso.example.com' });
      return program.gateway('gateway', {
        auth: Auth.keycloak(realm),
        publicUrl: 'https://gw.example.com',
        mcpServers: [
          McpServer.fromUrl(program.chart, 'github', {
            url: 'https://mcp.example.com/mcp',
            toolRoles: { search: [Role.fromRoleName('elsewhere')] },
          }),
        ],
      });
    },
  ],
  ['AUTH_NONE_ROLES', 'asks for reader', () => atService({ resourceRoles: [Role.fromRoleName('reader')] })],
  ['NOT_IN_PROGRAM', 'chart/gateway: it refers to chart/mssql', () => gatewayOf(() => [deployed({})])],
  ['PORT_INVALID', 'chart/mssql: its port 1.5 is no port', () => deployed({ port: 1.5 })],
  ['MCP_SERVER_INVALID', 'chart/mssql: path is "x"', () => deployed({ healthPath: 'x' })],
  [
    'OPTION_UNSUPPORTED',
    'chart/mssql: autoscaling follows the requests of an MCP server',
    () => deployed({ autoscaling: Autoscaling.horizontal({ maxReplicas: 3, targetRequestsPerPod: 4 }) }),
  ],
  [
    'EGRESS_PROXY_IGNORED',
    'chart/mssql: its image is not of this library',
    () => {
      const server = deployed({}, ClusterProfile.generic({ egress: Egress.proxy() }));
      server.connections.allowTo(Peer.host('api.hubapi.com'), Port.tcp(443));
      return server;
    },
  ],
];
