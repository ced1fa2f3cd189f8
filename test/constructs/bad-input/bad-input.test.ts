import { Chart, Duration, type App } from 'cdk8s';
import { Cpu, EnvValue } from 'cdk8s-plus-29';
import { Construct } from 'constructs';
import { Autoscaling, Entry, Peer, Port, Prompt, RouteMatch, Toolset } from 'agentyard';
import { ERROR_CODES } from '../../../lib/errors/codes';
import { Program } from '../program';
import { silenceWarnings } from '../silence-warnings';
import { AGENT_AND_TOOL_FAULTS } from './agent-and-tool-faults';
import { ARGUMENT_RULE_FAULTS } from './argument-rule-faults';
import { DOOR_FAULTS } from './door-faults';
import { EXCHANGE_FAULTS } from './exchange-faults';
import { GATEWAY_FAULTS } from './gateway-faults';
import { IDENTITY_FAULTS } from './identity-faults';
import { MCP_SERVER_FAULTS } from './mcp-server-faults';
import { NETWORK_FAULTS } from './network-faults';
import { OPENING_FAULTS } from './opening-faults';
import { POD_FAULTS } from './pod-faults';
import { removeDirectories } from './temporary-directory';
import { TELEMETRY_FAULTS } from './telemetry-faults';
import { USAGE_FAULTS } from './usage-faults';
import { WORKLOAD_FAULTS } from './workload-faults';

silenceWarnings();
afterAll(removeDirectories);

const CASES = [
  ...AGENT_AND_TOOL_FAULTS,
  ...ARGUMENT_RULE_FAULTS,
  ...DOOR_FAULTS,
  ...EXCHANGE_FAULTS,
  ...GATEWAY_FAULTS,
  ...IDENTITY_FAULTS,
  ...MCP_SERVER_FAULTS,
  ...NETWORK_FAULTS,
  ...OPENING_FAULTS,
  ...POD_FAULTS,
  ...TELEMETRY_FAULTS,
  ...USAGE_FAULTS,
  ...WORKLOAD_FAULTS,
];

describe('bad input fails synth with its code, the place, the value and a remedy', () => {
  it.each(CASES)('%s (%s)', (code, place, commit) => {
    let message = '';
    try {
      const made = commit();
      if (made instanceof Construct) (made.node.root as App).synthYaml();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(`[${code}]`);
    expect(message).toContain(place);
    expect(message).toMatch(/\. \w.*\.$/m);
  });

  it('has a case for every code', () => {
    expect(Object.keys(ERROR_CODES).sort()).toEqual([...new Set(CASES.map(([code]) => code))].sort());
  });
});

/** The lines of what synthesis throws, one a fault. */
function faultsOf(p: Program): string[] {
  try {
    p.synth();
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').filter((line) => /\[[A-Z_]+\] /.test(line));
  }
}

describe('faults that show only when the program is complete', () => {
  it('are all reported at once', () => {
    const p = new Program();
    for (const id of ['one', 'two']) p.agent(id, { prompt: Prompt.fromText('x'.repeat(1_100_000)) });
    expect(() => p.synth()).toThrow(/chart\/one: agent\.json[^]*chart\/two: agent\.json/);
  });

  it('are listed together with those that are found at once, whatever they are of', () => {
    const p = new Program();
    p.toolset('logs');
    const other = new Chart(p.app, 'other', { namespace: 'agents' });
    p.agent('logs', { timeout: Duration.minutes(16), podLabels: { team: 'a b', shift: '-' } }, other);
    p.agent('support', {
      replicas: 1.5,
      autoscaling: Autoscaling.horizontal({ minReplicas: 9, maxReplicas: 3, targetRequestsPerPod: 4 }),
      resources: { cpu: { request: Cpu.units(2), limit: Cpu.units(1) } },
      env: { 'MY-VAR': EnvValue.fromValue('x'), AGENTYARD_LOCAL: EnvValue.fromValue('x') },
      security: { runAsUser: 0 },
      terminationGracePeriod: Duration.seconds(1),
    });
    const faults = [
      'NAME_TAKEN] other/logs: ',
      'TIMEOUT_TOO_LONG] other/logs: ',
      'LABEL_INVALID] other/logs: "team: a b"',
      'LABEL_INVALID] other/logs: "shift: -"',
      'AUTOSCALING_REPLICAS] chart/support: ',
      'AUTOSCALING_INVALID] chart/support: ',
      'REPLICAS_INVALID] chart/support: ',
      'PROFILE_FACT_MISSING] chart/support: ',
      'LIMIT_INVALID] chart/support: resources.cpu',
      'ENV_INVALID] chart/support: "MY-VAR"',
      'ENV_RESERVED] chart/support: the environment variable AGENTYARD_LOCAL',
      'SECURITY_FORBIDDEN] chart/support: ',
      'GRACE_TOO_SHORT] chart/support: ',
    ];
    const lines = faultsOf(p);
    expect(faults.filter((fault) => !lines.some((line) => line.includes(`[${fault}`)))).toEqual([]);
    expect(lines).toHaveLength(faults.length);
  });

  it('are listed with those of gateways and their routes, which open nothing', () => {
    const p = new Program();
    const support = p.agent('support');
    const backends = [{ agent: support, weight: -1 }];
    const gateway = p.gateway('gateway', { replicas: 0.5, entries: [Entry.fromCidr('203.0.113.0/24')] });
    gateway.addRoute('odd', { match: RouteMatch.intent('('), priority: -1, backends });
    gateway.addRoute('lost', { match: RouteMatch.intent('x') });
    gateway.addRoute('Bad Name', { match: RouteMatch.agent(support) });
    expect(() => gateway.addRoute('lost', { match: RouteMatch.agent(support) })).toThrow('[ROUTE_DUPLICATE]');
    gateway.addRoute('foreign', { match: RouteMatch.agent(new Program().agent('elsewhere')) });
    support.connections.allowTo(Peer.host('db.example.com'), Port.udp(53));
    support.connections.allowFrom(Peer.host('api.example.com'));
    const lines = faultsOf(p);
    const faults = [
      'REPLICAS_INVALID] chart/gateway: ',
      'AUTH_NONE_EXPOSED] chart/gateway: ',
      'ROUTE_WEIGHT_INVALID] chart/gateway/odd: weight is -1',
      'ROUTE_PATTERN_INVALID] chart/gateway/odd: "("',
      'ROUTE_PRIORITY_INVALID] chart/gateway/odd: priority is -1',
      'ROUTE_BACKEND_MISSING] chart/gateway/lost: ',
      'NAME_INVALID] chart/gateway/Bad Name: ',
      'NOT_IN_PROGRAM] chart/gateway/foreign: ',
      'PEER_INVALID] chart/support: hosts are opened by single TCP ports',
      'PEER_INVALID] chart/support: nobody is let in by name',
    ];
    expect(faults.filter((fault) => !lines.some((line) => line.includes(`[${fault}`)))).toEqual([]);
    expect(lines).toHaveLength(faults.length);
  });

  it('a toolset under a name that is taken leaves the first untouched', () => {
    const p = new Program();
    p.toolset('logs');
    const other = new Chart(p.app, 'other', { namespace: 'elsewhere' });
    expect(() => new Toolset(other, 'logs', { source: Program.greetings, allowedRoles: [] })).not.toThrow();
  });
});
