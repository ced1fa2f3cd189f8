import { ApiObject, Chart, type App } from 'cdk8s';
import { Construct } from 'constructs';
import { Agent, AppId, ClusterProfile, Credentials, Egress, Model, Prompt } from 'agentyard';
import { agentObjects } from './agent-objects';

/** How the agents of a program are spread. */
export type Shape = 'one chart' | 'chart per agent' | 'layers';

/** What an agent is: objects of cdk8s by hand, or the construct of this library. */
export type Content = 'objects' | 'Agent';

export interface ProgramSize {
  readonly shape: Shape;
  readonly content: Content;
  readonly agents: number;
}

/** Agents in one layer of dependencies; each depends on two of the layer before. */
const LAYER = 10;

const NAMESPACE = { namespace: 'agents' };

/** Builds a platform of many agents in an app. */
export function buildProgram(app: App, { shape, content, agents }: ProgramSize): void {
  AppId.of('benchmark').applyTo(app);
  ClusterProfile.generic({ egress: Egress.cilium() }).applyTo(app);
  const shared = shape === 'chart per agent' ? undefined : new Chart(app, 'agents', NAMESPACE);
  const model = Model.anthropic('claude-sonnet-4-5', { credentials: Credentials.fromSecretName('anthropic') });
  const made: Construct[] = [];
  for (let i = 0; i < agents; i++) {
    const scope = shared ?? new Chart(app, `chart-${i}`, NAMESPACE);
    const agent = content === 'Agent' ? realAgent(scope, i, model) : plainAgent(scope, i);
    if (shape === 'layers' && i >= LAYER) agent.node.addDependency(made[i - LAYER]!, made[i - 1 - (i % LAYER)]!);
    made.push(agent);
  }
}

function realAgent(scope: Construct, number: number, model: Model): Construct {
  const prompt = Prompt.fromText(`You are agent ${number} and help operators to read their logs. Mask personal data.`);
  return new Agent(scope, `agent-${number}`, { prompt, model });
}

function plainAgent(scope: Construct, number: number): Construct {
  const agent = new Construct(scope, `agent-${number}`);
  for (const { id, props } of agentObjects(`agent-${number}`)) new ApiObject(agent, id, props);
  return agent;
}
