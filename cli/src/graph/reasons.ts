import type { McpServer, ModelConfig, ToolsetBinding } from 'agentyard/contract';
import type { KubernetesObject, Workload } from 'agentyard/reachability';
import type { Evaluated } from '../evaluated/evaluated.js';

/** Domains of the providers' own hosts. */
const DOMAINS: Readonly<Record<string, RegExp>> = {
  anthropic: /(^|\.)anthropic\.com$/,
  openai: /(^|\.)openai\.com$/,
  google: /(^|\.)googleapis\.com$/,
  bedrock: /(^|\.)(amazonaws\.com(\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$/,
  azure: /(^|\.)azure\.com$/,
};

/** More tools than these are counted, not named. */
const MOST_NAMED = 4;

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
}

/** What the documents of the runtimes need a connection for. */
export class Reasons {
  private readonly selectors: ReadonlyMap<string, Readonly<Record<string, string>>>;

  public constructor(private readonly evaluated: Evaluated) {
    const services = evaluated.objects.filter(({ kind }) => kind === 'Service');
    this.selectors = new Map(
      services.map((service) => [keyOf(service), (service.spec as ServiceSpec)?.selector ?? {}]),
    );
  }

  /** Why a workload calls another of the program. */
  public between(from: Workload, to: Workload): string[] {
    const told = this.evaluated.documentOf(from);
    if (told === undefined || told.runtime === 'sandbox' || told.runtime === 'egress-proxy') return [];
    const isTo = ({ host }: { readonly host: string }) => this.leadsTo(host, from.namespace, to);
    const tools = told.document.toolsets.filter(isTo).map(toolText);
    if (told.runtime === 'agent') return [...tools, ...this.modelIn(told.document.model, from.namespace, to)];
    const agents = new Set(told.document.agents.filter(isTo).map(({ name }) => name));
    const routes = told.document.routes.filter(({ backends }) =>
      backends.some(({ agent, weight }) => agents.has(agent) && weight > 0),
    );
    const names = routes.map(({ name }) => name);
    const servers = told.document.mcpServers.filter(({ endpoint }) => isTo({ host: hostOf(endpoint) }));
    const { peers } = told.document;
    return [
      ...(names.length > 0 ? [listed('route', names)] : []),
      ...tools,
      ...servers.map(({ name }) => `MCP server ${name}`),
      ...(peers !== undefined && isTo(peers) ? ['its other replicas'] : []),
    ];
  }

  /** Why a workload calls a host. */
  public toHost(from: Workload, host: string): string[] {
    const told = this.evaluated.documentOf(from);
    if (told?.runtime === 'gateway') return told.document.mcpServers.flatMap((server) => serverAt(server, host));
    if (told?.runtime !== 'agent') return [];
    const { model } = told.document;
    const base = baseHost(model);
    const isModels = base === undefined ? DOMAINS[model.provider]?.test(host) === true : base === host;
    return isModels ? ['model'] : [];
  }

  private modelIn(model: ModelConfig, namespace: string, to: Workload): string[] {
    const host = baseHost(model);
    return host !== undefined && this.leadsTo(host, namespace, to) ? ['model'] : [];
  }

  /** Whether a name is that of a Service that selects the pods of a workload. */
  private leadsTo(host: string, from: string, to: Workload): boolean {
    const [name = '', namespace = from] = host.split('.');
    const selector = Object.entries(this.selectors.get(`${namespace}/${name}`) ?? {});
    return (
      namespace === to.namespace && selector.length > 0 && selector.every(([key, value]) => to.labels[key] === value)
    );
  }
}

function serverAt({ name, endpoint }: McpServer, host: string): string[] {
  return hostOf(endpoint) === host ? [`MCP server ${name}`] : [];
}

function hostOf(endpoint: McpServer['endpoint']): string {
  return endpoint.by === 'pods' ? endpoint.host : new URL(endpoint.url).hostname;
}

export function modelText({ provider, ...model }: ModelConfig): string {
  return 'modelId' in model ? `model ${provider} ${model.modelId}` : `model ${provider}`;
}

function baseHost(model: ModelConfig): string | undefined {
  return 'baseUrl' in model && model.baseUrl !== undefined ? new URL(model.baseUrl).hostname.toLowerCase() : undefined;
}

function toolText({ tools }: ToolsetBinding): string {
  return listed(
    'tool',
    tools.map(({ name }) => name),
  );
}

function listed(noun: string, names: readonly string[]): string {
  if (names.length > MOST_NAMED) return `${names.length} ${noun}s`;
  return `${noun}${names.length > 1 ? 's' : ''} ${names.join(', ')}`;
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace as string}/${metadata?.name as string}`;
}
