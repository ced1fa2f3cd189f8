import type { IncomingMessage } from 'node:http';
import {
  ContractError,
  invokeRequest,
  type gatewayDocument,
  type GatewayDocument,
  type OutlierDetection,
} from 'agentyard/contract';
import {
  acceptsEventStream,
  createDispatcher,
  HttpProblem,
  isLogBlocked,
  LocalHosts,
  readJson,
  sendJson,
  type Dispatcher,
  type EventCount,
  type Handler,
  type RequestContext,
  type RuntimeContext,
  type RuntimeParts,
} from '@agentyard/runtime-kit';
import { AUTH_FAILURES } from './auth/auth-failure.js';
import type { Caller } from './auth/caller.js';
import { INTROSPECTION_LIMITS, type IntrospectionLimits } from './auth/introspection-endpoint.js';
import { ISSUER_PACE, type IssuerPace } from './auth/issuer-keys.js';
import { Balancer } from './balance/balancer.js';
import { DnsEndpointResolver, LocalEndpointResolver, type Lookup } from './balance/endpoint-resolver.js';
import { POD_FAILURES } from './balance/pod-failure.js';
import { PodHealth } from './balance/pod-health.js';
import { httpProbe } from './balance/pod-probe.js';
import type { Random } from './balance/weighted-choice.js';
import { DocumentResources } from './document-resources.js';
import { prepareState, type GatewayState, type StateSources } from './gateway-state.js';
import { McpPlane } from './mcp/mcp-plane.js';
import { affinityOf } from './pipeline/affinity.js';
import { AuditedRequest, AuditTrail, type AuditedContext } from './pipeline/audit.js';
import { authenticate } from './pipeline/authenticate.js';
import { authorize } from './pipeline/authorize.js';
import { forward, type Forwarding } from './pipeline/forward.js';
import { isLoopbackAddress, refuseForeignOrigin } from './pipeline/origin.js';
import { route } from './pipeline/route.js';

type GatewayContext = RuntimeContext<typeof gatewayDocument>;

/** What a test may put in the place of chance, of the cluster's DNS and of the usual pace. */
export interface GatewaySources {
  readonly random?: Random;
  readonly lookup?: Lookup;
  /** How often the document and mounted files are read again, in milliseconds. */
  readonly pollMs?: number;
  /** How often issuers are asked for their keys. */
  readonly issuerPace?: Partial<IssuerPace>;
  /** How much issuers are asked about tokens. */
  readonly introspectionLimits?: Partial<IntrospectionLimits>;
}

/** Revocation of a key takes effect within this time after its file is gone. */
const POLL_MS = 1_000;

/** Starts a gateway: its pipeline behind `/v1/invoke` and `/mcp`, and the watch on its document. */
export async function startGateway(context: GatewayContext, sources: GatewaySources = {}): Promise<RuntimeParts> {
  const { document, health, log, metrics, overlay } = context;
  const dispatcher = createDispatcher(overlay);
  const { random = Math.random, lookup } = sources;
  const resolver =
    overlay === undefined
      ? new DnsEndpointResolver(lookup)
      : new LocalEndpointResolver(new LocalHosts(overlay.hostsFile));
  // Addresses of pods are looked up here; a proxy would have to be told of each.
  const pods = createDispatcher(overlay, {});
  let inForce = (): GatewayDocument => document;
  const podHealth = podHealthOf(context, pods, () => inForce().outlierDetection);
  const balancer = new Balancer(resolver, random, undefined, podHealth);
  const failures = metrics.addEventCount(
    'agentyard_issuer_fetch_failures_total',
    'Times that an issuer of access tokens could not be asked for its keys, or about a token',
  );
  const stateSources: StateSources = {
    overlay,
    log,
    balancer,
    dispatchers: { pods, outside: dispatcher },
    pollMs: sources.pollMs ?? POLL_MS,
    issuers: {
      dispatcher,
      log,
      failures,
      pace: { ...ISSUER_PACE, ...sources.issuerPace },
      now: () => performance.now(),
    },
    introspection: {
      dispatcher,
      log,
      failures,
      limits: { ...INTROSPECTION_LIMITS, ...sources.introspectionLimits },
    },
  };
  const resources = new DocumentResources();
  const state = await resources.replace((open) => prepareState(document, stateSources, open));
  const gateway = new Gateway(context, { dispatcher: pods, balancer, random }, stateSources, resources, state);
  inForce = () => gateway.inForce.document;
  const { pollMs } = stateSources;
  const plane = { document, overlay, resolver, dispatcher: pods, health, log, pollMs, state: () => gateway.inForce };
  return gateway.start(await McpPlane.open(plane), async () => {
    podHealth.close();
    await Promise.all([pods.destroy(), dispatcher.destroy()]);
  });
}

function podHealthOf(
  { log, metrics }: GatewayContext,
  dispatcher: Dispatcher,
  settings: () => OutlierDetection,
): PodHealth {
  const ejections = metrics.addEventCount(
    'agentyard_pod_ejections_total',
    'Times that a pod of an agent, toolset or MCP server was left out after failures in a row',
    { name: 'reason', values: POD_FAILURES },
  );
  const health = new PodHealth({ settings, probe: httpProbe(dispatcher), log, ejections });
  metrics.addGauge('agentyard_pods_ejected', 'Pods that are left out at present', () => health.ejectedCount);
  return health;
}

class Gateway {
  private readonly loopbackOnly: boolean;
  private readonly authFailures: EventCount;
  private plane: McpPlane | undefined;
  /** The server looks a path up with each request, so that those which a new document brings are served too. */
  private readonly routes: Record<string, Readonly<Record<string, Handler>>> = {};

  public constructor(
    private readonly context: GatewayContext,
    private readonly forwarding: Forwarding,
    private readonly stateSources: StateSources,
    private readonly resources: DocumentResources,
    private state: GatewayState,
  ) {
    const { overlay, metrics } = context;
    this.loopbackOnly = isLoopbackAddress(overlay?.listen.host);
    this.authFailures = metrics.addEventCount('agentyard_auth_failures_total', 'Requests that were not let in', {
      name: 'reason',
      values: AUTH_FAILURES,
    });
  }

  /** The state in force. */
  public get inForce(): GatewayState {
    return this.state;
  }

  /** @param close is called when all else is closed */
  public start(plane: McpPlane, close: () => Promise<void>): RuntimeParts {
    this.plane = plane;
    this.offer(this.state);
    const { documentFile, health, log, metrics } = this.context;
    health.addCheck(() => this.state.authenticator.unready());
    health.addCheck(() => this.state.identity.unready(this.state.document));
    const unwatch = documentFile.watch(
      (document) => this.reload(document),
      (error) => {
        metrics.countReloadFailure();
        const faults = error instanceof ContractError ? error.faults : [{ path: '$', message: error.message }];
        log.error({ event: 'reload-refused', faults }, 'the new document is refused, the old one stays in force');
      },
      this.stateSources.pollMs,
    );
    return {
      routes: this.routes,
      close: async () => {
        unwatch();
        await plane.close();
        this.resources.close();
        await close();
      },
    };
  }

  private readonly invoke: Handler = async (request, response, context) => {
    const { state } = this;
    const audited = this.audited(request, context, 'invoke');
    const caller = await this.callerOf(request, state, audited.audit);
    const { input, history, ...target } = await readJson(request, state.document.maxBodyBytes, invokeRequest);
    const destination = route(state.routes, target, { headers: request.headers, roles: caller.roles });
    audited.audit.note({ route: destination.route, agent: target.agent });
    await forward(this.forwarding, {
      body: { input, history },
      accept: acceptsEventStream(request.headers.accept) ? 'text/event-stream' : 'application/json',
      backends: authorize(caller, destination.backends, state.agents, audited.audit),
      affinity: affinityOf(destination.affinity, caller, target),
      agents: state.agents,
      caller,
      identity: state.identity,
      response,
      context: audited,
    });
  };

  /** @param path of the endpoint; a request that a new document has overtaken finds nothing there */
  private async mcp(path: string, ...[request, response, context]: Parameters<Handler>): Promise<void> {
    const { state } = this;
    const audited = this.audited(request, context, 'mcp');
    const found = this.callerOf(request, state, audited.audit);
    const caller = found instanceof Promise ? await found : found;
    await this.plane?.answer(path, state, request, response, { caller, audited });
  }

  private readonly metadata: Handler = (_request, response) => {
    const { resource } = this.state;
    if (resource === undefined) throw new HttpProblem('path-unknown');
    sendJson(response, 200, resource.metadata);
  };

  /** Begins the audit trail of a request. */
  private audited(request: IncomingMessage, context: RequestContext, method: string): AuditedContext {
    if (isLogBlocked(this.context.log)) {
      const detail = 'What may not be logged may not be done. Nothing was.';
      throw new HttpProblem('audit-unavailable', detail, undefined, { 'retry-after': '1' });
    }
    const audit = new AuditTrail(context, request.socket);
    audit.note({ method });
    return new AuditedRequest(context, audit);
  }

  /** Lets a request in, at once if its caller is known. */
  private callerOf(
    request: IncomingMessage,
    { authenticator, resource }: GatewayState,
    audit: AuditTrail,
  ): Caller | Promise<Caller> {
    refuseForeignOrigin(request.headers, this.loopbackOnly, audit);
    return authenticate(request, { authenticator, resource, failures: this.authFailures }, audit);
  }

  private async reload(document: GatewayDocument): Promise<void> {
    const { log } = this.context;
    this.state = await this.resources.replace((open) => prepareState(document, this.stateSources, open));
    this.offer(this.state);
    this.plane?.reloaded();
    log.info({ event: 'reloaded' }, 'the new document is in force');
    if (!isSameServer(this.context.document, document)) {
      log.warn(
        { event: 'restart-needed' },
        '"listen" and "shutdown" of the new document come into force with a restart',
      );
    }
  }

  /** Serves the paths that a document has, and no others. */
  private offer({ catalogs, resource }: GatewayState): void {
    for (const path of Object.keys(this.routes)) delete this.routes[path];
    this.routes['/v1/invoke'] = { POST: this.invoke };
    for (const path of catalogs.keys()) this.routes[path] = { '*': (...exchange) => this.mcp(path, ...exchange) };
    for (const path of resource?.paths ?? []) this.routes[path] = { GET: this.metadata };
  }
}

/** Whether two documents agree on what is fixed when the server starts. */
function isSameServer(a: GatewayDocument, b: GatewayDocument): boolean {
  return (
    a.listen.port === b.listen.port &&
    a.listen.metricsPort === b.listen.metricsPort &&
    a.shutdown.graceMs === b.shutdown.graceMs
  );
}
