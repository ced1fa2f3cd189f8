import path from 'node:path';
import { App, Chart, Testing } from 'cdk8s';
import {
  Agent,
  AppId,
  Auth,
  ClusterProfile,
  McpGateway,
  Model,
  Prompt,
  Role,
  Toolset,
  ToolSource,
  type AgentProps,
  type McpGatewayProps,
  type ToolsetProps,
} from 'agentyard';

/** A Kubernetes object as it is synthesized; loose, since tests look at what they name. */
export type Manifest = any;

export const GREETING_TOOLS = path.join(__dirname, '../fixtures/greeting-tools');

/** A cluster whose profile says what every program needs. */
const CLUSTER = ClusterProfile.generic({ apiServer: { cidrs: ['10.0.0.1/32'] } });

/** A program with one chart, and constructs of it with all that a test does not care about filled in. */
export class Program {
  public readonly app = new App();
  public readonly chart: Chart;
  private static source: ToolSource | undefined;

  public constructor(namespace = 'agents', cluster = CLUSTER, id = 'program') {
    AppId.of(id).applyTo(this.app);
    cluster.applyTo(this.app);
    this.chart = new Chart(this.app, 'chart', { namespace });
  }

  /** The fixture's tools, bundled once for all tests of a file. */
  public static get greetings(): ToolSource {
    return (Program.source ??= ToolSource.fromDirectory(GREETING_TOOLS));
  }

  public toolset(id: string, props: Partial<ToolsetProps> = {}, chart = this.chart): Toolset {
    return new Toolset(chart, id, {
      source: Program.greetings,
      allowedRoles: [Role.anyCaller()],
      ...props,
    });
  }

  public agent(id: string, props: Partial<AgentProps> = {}, chart = this.chart): Agent {
    return new Agent(chart, id, {
      prompt: Prompt.fromText('You help.'),
      model: Model.scripted([{ say: 'yes' }]),
      ...props,
    });
  }

  public gateway(id: string, props: Partial<McpGatewayProps> = {}, chart = this.chart): McpGateway {
    return new McpGateway(chart, id, { auth: Auth.none(), ...props });
  }

  /** All objects of a chart. Throws what synthesis throws. */
  public synth(chart = this.chart): Manifest[] {
    this.app.synthYaml();
    return Testing.synth(chart);
  }

  /** The one object of a kind and name. */
  public object(kind: string, name: string, chart = this.chart): Manifest {
    const found = this.synth(chart).filter((object) => object.kind === kind && object.metadata.name === name);
    if (found.length !== 1) throw new Error(`${found.length} objects ${kind}/${name}`);
    return found[0];
  }

  /** The document in a ConfigMap. */
  public document(configMap: string, file: string, chart = this.chart): Manifest {
    return JSON.parse(this.object('ConfigMap', configMap, chart).data[file] as string);
  }
}

/** What is written to standard error while something runs. */
export function warningsOf(run: () => void): string {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    run();
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

/** Who may connect at a port, by the spec of a NetworkPolicy. */
export function callersAt({ ingress }: Manifest, port: number): Manifest[] {
  const rules = ingress.filter(({ ports }: Manifest) => ports.some((each: Manifest) => each.port === port));
  return rules.flatMap(({ from }: Manifest) => from);
}
