import { Chart, type App } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  Auth,
  Credentials,
  Entry,
  McpGateway,
  Model,
  PlatformNamespace,
  Prompt,
  Role,
  RouteMatch,
  Toolset,
  ToolSource,
  type AgentProps,
  type McpGatewayProps,
  type ToolsetProps,
} from 'agentyard';
import { GREETING_TOOLS } from '../../constructs/program';

/** What a program says of the parts, beside what makes them a platform. */
export interface GreeterOptions {
  readonly gateway?: Partial<McpGatewayProps>;
  readonly agent?: Partial<AgentProps>;
  readonly tools?: Partial<ToolsetProps>;
}

/** A small platform: a gateway in a namespace of its own, in front of an agent with a hosted model and of its tools. */
export class Greeter {
  public readonly chart: Chart;
  public readonly tools: Toolset;
  public readonly agent: Agent;
  public readonly gateway: McpGateway;

  public constructor(app: App, options: GreeterOptions = {}) {
    const front = new Chart(app, 'front', { namespace: 'greeter-front' });
    this.chart = new Chart(app, 'greeter', { namespace: 'greeter' });
    for (const chart of [front, this.chart]) new PlatformNamespace(chart, 'namespace');

    this.tools = new Toolset(this.chart, 'greetings', {
      source: ToolSource.fromDirectory(GREETING_TOOLS),
      allowedRoles: [Role.anyCaller()],
      ...options.tools,
    });
    this.agent = new Agent(this.chart, 'host', {
      prompt: Prompt.fromText('You greet whoever comes.'),
      model: Model.anthropic('claude-sonnet-4-5', { credentials: Credentials.fromSecretName('anthropic-credentials') }),
      tools: [this.tools],
      ...options.agent,
    });
    this.gateway = new McpGateway(front, 'door', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('door-api-keys')),
      entries: [Entry.fromClusterIngress()],
      hostnames: ['door.example.com'],
      tools: [this.tools.tool('greet')],
      ...options.gateway,
    });
    this.gateway.addRoute('by-name', { match: RouteMatch.agent(this.agent) });
  }
}
