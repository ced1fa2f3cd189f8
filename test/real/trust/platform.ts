import path from 'node:path';
import { Chart } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  App,
  Auth,
  Entry,
  McpGateway,
  Model,
  Prompt,
  Role,
  RouteMatch,
  Toolset,
  ToolSource,
  type ClusterProfile,
} from 'agentyard';
import type { KeptObject } from '@agentyard/runtime-kit';

const TOOLS = path.join(__dirname, '../../../examples/log-analysis/tools');

/** A program with a gateway, an agent and two toolsets in three namespaces, and the objects that the trust job keeps. */
export class Platform {
  public readonly outdir: string;
  public readonly namespaces: readonly string[];
  public readonly secret: KeptObject;
  public readonly bundles: readonly KeptObject[];

  /** @param id of the app, which its namespaces begin with */
  public constructor(
    public readonly id: string,
    folder: string,
    cluster: ClusterProfile,
  ) {
    this.outdir = path.join(folder, id);
    this.namespaces = ['front', 'agents', 'tools'].map((part) => `${id}-${part}`);
    this.secret = { kind: 'Secret', namespace: `${id}-front`, name: 'gateway-signing-keys' };
    this.bundles = ['agents', 'tools'].map((part) => ({
      kind: 'ConfigMap',
      namespace: `${id}-${part}`,
      name: `${id}-trust-bundle`,
    }));
    this.synthesize(cluster);
  }

  /** The ServiceAccount of the job, which has the document's name, too. */
  public get account(): { readonly namespace: string; readonly name: string } {
    return { namespace: `${this.id}-tools`, name: `${this.id}-trust` };
  }

  private synthesize(cluster: ClusterProfile): void {
    const app = new App({ id: this.id, outdir: this.outdir, cluster });
    const [front, agents, tools] = this.namespaces.map((namespace) => new Chart(app, namespace, { namespace }));
    const toolset = (chart: Chart, id: string) =>
      new Toolset(chart, id, { source: ToolSource.fromDirectory(TOOLS), allowedRoles: [Role.anyCaller()] });
    // The job stands where it is needed first.
    const logs = toolset(tools!, 'logs');
    const support = new Agent(agents!, 'support', {
      prompt: Prompt.fromText('You help.'),
      model: Model.scripted([{ say: 'Yes.' }]),
      tools: [logs, toolset(agents!, 'archive')],
    });
    const gateway = new McpGateway(front!, 'gateway', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
      entries: [Entry.fromPods({ namespace: 'ingress', podLabels: { app: 'ingress' } })],
    });
    gateway.addRoute('by-name', { match: RouteMatch.agent(support) });
    app.synth();
  }
}
