import type { IncomingMessage, ServerResponse } from 'node:http';
import { AGENT_CARD_PATHS, ContractError, gatewayDocument, type GatewayDocument } from 'agentyard/contract';
import {
  auditUnavailable,
  HttpProblem,
  isLogBlocked,
  localPath,
  SealingKeys,
  ServerTls,
  sendJson,
  WatchedObject,
  type EventCount,
  type Handler,
  type Outcome,
  type RequestContext,
  type RuntimeParts,
} from '@agentyard/runtime-kit';
import { A2aPlane } from './a2a/a2a-plane.js';
import { pathOf as a2aPathOf } from './a2a/agent-path.js';
import { AUTH_FAILURES } from './auth/auth-failure.js';
import { hasCredential } from './auth/credential.js';
import type { Caller } from './auth/caller.js';
import { ApprovalsPlane } from './approvals/approvals-plane.js';
import { ChatPlane } from './chat/chat-plane.js';
import { startCheck } from './credentials/start-check.js';
import { DocumentResources } from './document-resources.js';
import { prepareState, type GatewayState, type StateSources } from './gateway-state.js';
import { InvokePlane } from './invoke/invoke-plane.js';
import { McpPlane } from './mcp/mcp-plane.js';
import { OpenStreams } from './open-streams.js';
import { AuditedRequest, AuditTrail, type AuditedContext, type RequestObserver } from './pipeline/audit.js';
import { authenticate } from './pipeline/authenticate.js';
import type { Endpoint, Entrance } from './pipeline/entrance.js';
import type { Forwarding } from './pipeline/forward.js';
import { endMessageSpan, endServerSpan } from './telemetry/server-span.js';
import { RequestMetrics } from './telemetry/request-metrics.js';

import { openNetwork, stateSourcesOf, type GatewayContext, type GatewaySources } from './gateway-network.js';

/** Where MCP servers that are not ours find the keys by which they check user claims. */
const CLAIM_KEYS_PATH = '/.well-known/jwks.json';

/** Starts a gateway: its pipeline behind `/v1/invoke`, `/a2a` and `/mcp`, and the watch on its document. */
export async function startGateway(context: GatewayContext, sources: GatewaySources = {}): Promise<RuntimeParts> {
  const { document, health, log, overlay } = context;
  let inForce = (): GatewayDocument => document;
  const network = openNetwork(context, sources, () => inForce());
  const { pods: dispatcher, balancer, random, resolver } = network;
  const { pollMs, ...mounted } = stateSourcesOf(context, sources, network);
  const directory = localPath(document.identity.signingKeysDirectory, overlay);
  const sealingKeys = await SealingKeys.open(directory, { log, pollMs });
  const stateSources = { ...mounted, pollMs, sealingKeys };
  const resources = new DocumentResources();
  const state = await resources.replace((open) => prepareState(document, stateSources, open));
  const tls = await servingTls(context, stateSources);
  const streams = new OpenStreams();
  const forwarding = { dispatcher, balancer, random, upstreams: stateSources.upstreams };
  const gateway = new Gateway(context, forwarding, streams, stateSources, resources, state);
  inForce = () => gateway.inForce.document;
  const inPlane = {
    document,
    keys: sealingKeys,
    overlay,
    resolver,
    dispatcher,
    health,
    log,
    streams,
    upstreams: stateSources.upstreams,
  };
  const plane = await McpPlane.open({ ...inPlane, state: () => gateway.inForce });
  const parts = gateway.start(plane, async () => {
    tls?.close();
    sealingKeys.close();
    await network.close();
  });
  return { ...parts, door: { tls, maxConnections: document.intake.connections } };
}

/** A local process listens on loopback, where nobody has a certificate. */
async function servingTls(
  { document, overlay, log }: GatewayContext,
  { pollMs, onTlsRefusal: onRefusal }: StateSources,
): Promise<ServerTls | undefined> {
  if (document.tls === undefined || overlay !== undefined) return undefined;
  return ServerTls.open(document.tls, { overlay, log, pollMs, onRefusal });
}

/** Answers the preflights of browsers; absent where no page of another origin may call. */
type Preflight = Readonly<Record<string, Handler>> | undefined;

class Gateway implements RequestObserver {
  private readonly authFailures: EventCount;
  /** What is served whatever the document says. */
  private readonly endpoints: readonly Endpoint[];
  private readonly requests: RequestMetrics;
  private plane: McpPlane | undefined;
  private a2a: A2aPlane | undefined;
  /** The server looks a path up with each request, so that those which a new document brings are served too. */
  private readonly routes: Record<string, Readonly<Record<string, Handler>>> = {};

  public constructor(
    private readonly context: GatewayContext,
    private readonly forwarding: Forwarding,
    private readonly streams: OpenStreams,
    private readonly stateSources: StateSources,
    private readonly resources: DocumentResources,
    private state: GatewayState,
  ) {
    const { metrics } = context;
    this.authFailures = metrics.addEventCount('agentyard_auth_failures_total', 'Requests that were not let in', {
      name: 'reason',
      values: AUTH_FAILURES,
    });
    this.endpoints = [
      new InvokePlane(this.enter, forwarding, streams),
      new ApprovalsPlane(this.enter, forwarding),
      new ChatPlane(this.enter, forwarding, streams),
    ].flatMap(({ endpoints }) => endpoints);
    this.requests = new RequestMetrics(metrics);
  }

  /** The state in force. */
  public get inForce(): GatewayState {
    return this.state;
  }

  /** @param close is called when all else is closed */
  public start(plane: McpPlane, close: () => Promise<void>): RuntimeParts {
    this.plane = plane;
    this.a2a = new A2aPlane(this.forwarding, this.streams, plane.seal);
    this.offer(this.state);
    const { documentFile, health, log, metrics } = this.context;
    health.addCheck(() => this.state.authenticator.unready());
    health.addCheck(() => this.state.identity.unready(this.state.document));
    health.addCheck(startCheck([...this.state.credentials.values()]));
    const watched = this.watchDocument();
    documentFile.prefer(() => watched?.data?.get(gatewayDocument.file));
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
      queued: () => this.state.overload.queued,
      close: async () => {
        unwatch();
        await plane.close();
        watched?.close();
        await this.state.traces.flush();
        this.resources.close();
        await close();
      },
    };
  }

  /** As long as it runs: what says that it is not watched any more may be mounted later than it is known. */
  private watchDocument(): WatchedObject | undefined {
    const { document, log } = this.context;
    const { namespace, watch } = document;
    const api = watch && this.stateSources.apiServer();
    return api && new WatchedObject(api, { kind: 'configmaps', namespace, name: watch.configMap, log });
  }

  public requestEnded(request: AuditedContext, outcome: Outcome, durationMs: number, status: number): void {
    const { trace, noted } = request.audit;
    // What asks about work that goes on has no route, nor has a list of models.
    const { route, method } = noted;
    if (route !== undefined || method === 'invoke' || method === 'resume')
      this.requests.countInvocation(request, outcome, durationMs);
    if (trace?.isRecorded === true) endServerSpan(trace, request, outcome, status);
  }

  /** The same for requests of MCP. */
  private readonly messages: RequestObserver = {
    requestEnded: (request, outcome, durationMs, status) => {
      this.requests.countMessage(request, outcome, durationMs);
      const { trace } = request.audit;
      if (trace?.isRecorded === true) endMessageSpan(trace, request, outcome, status);
    },
  };

  /** Lets a request in, under the state in force. */
  private readonly enter: Entrance = async (method, request, response, context) => {
    const { state } = this;
    const audited = this.audited(request, response, context, state, method);
    return { state, audited, caller: await this.callerOf(request, state, audited.audit) };
  };

  /** @param path of the endpoint; a request that a new document has overtaken finds nothing there */
  private mcp(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    context: RequestContext,
  ): ReturnType<Handler> {
    const { state } = this;
    const audited = this.audited(request, response, context, state, 'mcp');
    const answer = (caller: Caller) => this.plane?.answer(path, state, request, response, { caller, audited });
    const found = this.callerOf(request, state, audited.audit);
    return found instanceof Promise ? found.then(answer) : answer(found);
  }

  /** @param agent as the path names it */
  private async askA2a(agent: string, ...[request, response, context]: Parameters<Handler>): Promise<void> {
    const { state } = this;
    const audited = this.audited(request, response, context, state, 'a2a');
    const caller = await this.callerOf(request, state, audited.audit);
    await this.a2a?.answer({ agent, state }, request, response, { caller, audited });
  }

  /** Cards say how to get in, to whoever asks; the rest of them is for those who are in. */
  private async showCard(agent: string, ...[request, response, context]: Parameters<Handler>): Promise<void> {
    const { state } = this;
    const { audit } = this.audited(request, response, context, state, 'a2a/card');
    if (state.document.auth.mode === 'credentials' && !hasCredential(request)) {
      state.door.check(request, audit);
      return this.a2a?.card({ agent, state }, undefined, request, response);
    }
    const caller = await this.callerOf(request, state, audit);
    this.a2a?.card({ agent, state }, caller, request, response);
  }

  private readonly metadata: Handler = (request, response) => {
    const { resource, door } = this.state;
    door.open(request, response);
    if (resource === undefined) throw new HttpProblem('path-unknown');
    sendJson(response, 200, resource.metadata);
  };

  private readonly claimKeys: Handler = (_request, response) => {
    const { claimKeys } = this.state;
    if (claimKeys === undefined) throw new HttpProblem('path-unknown');
    response.setHeader('cache-control', 'public, max-age=300');
    sendJson(response, 200, claimKeys.publicKeys, 'application/jwk-set+json');
  };

  /** Begins the audit trail of a request. */
  private audited(
    request: IncomingMessage,
    response: ServerResponse,
    context: RequestContext,
    { door, traces, auditValues: values }: GatewayState,
    method: string,
  ): AuditedContext {
    door.open(request, response);
    if (isLogBlocked()) throw auditUnavailable();
    const trace = traces.of(request, door);
    const audit = new AuditTrail(context, door.clientOf(request), trace);
    audit.values = values;
    // One that is begun here may still find out where it belongs to.
    audit.note({ method, traceId: request.headers.traceparent === undefined ? undefined : trace?.traceId });
    return new AuditedRequest(context, audit, method === 'mcp' ? this.messages : this);
  }

  /** Lets a request in, at once if its caller is known. */
  private callerOf(
    request: IncomingMessage,
    { authenticator, resource, door }: GatewayState,
    audit: AuditTrail,
  ): Caller | Promise<Caller> {
    door.check(request, audit);
    return authenticate(request, { authenticator, resource, failures: this.authFailures }, audit);
  }

  private async reload(document: GatewayDocument): Promise<void> {
    const { log } = this.context;
    const before = this.state;
    this.state = await this.resources.replace((open) => prepareState(document, this.stateSources, open));
    this.offer(this.state);
    this.plane?.reloaded(before, this.state);
    log.info({ event: 'reloaded' }, 'the new document is in force');
    if (!isSameServer(this.context.document, document)) {
      log.warn(
        { event: 'restart-needed' },
        'listen, peers, tls, intake.connections, shutdown and watch.configMap of the new document come into force with a restart',
      );
    }
  }

  /** Serves the paths that a document has, and no others. */
  private offer(state: GatewayState): void {
    const { document, agents, routes, catalogs, claimKeys, overload, resource, door } = state;
    const { browsers } = door;
    const preflight = (...methods: readonly string[]): Preflight =>
      browsers.origins.size === 0 ? undefined : { OPTIONS: browsers.preflight(methods) };
    this.stateSources.load.counts.show(overload.gates);
    const callees = new Set(overload.gates.keys());
    this.requests.keep(callees, new Set(document.routes.map(({ name }) => name)));
    this.forwarding.upstreams.keep(callees);
    for (const path of Object.keys(this.routes)) delete this.routes[path];
    for (const [path, handlers] of this.endpoints) {
      this.routes[path] = { ...handlers, ...preflight(...Object.keys(handlers)) };
    }
    for (const path of catalogs.keys()) {
      this.routes[path] = {
        '*': (request, response, context) => this.mcp(path, request, response, context),
        ...preflight('POST', 'GET', 'DELETE'),
      };
    }
    for (const name of agents.keys()) if (routes.names(name)) this.offerA2a(name, preflight);
    for (const path of resource?.paths ?? []) this.routes[path] = { GET: this.metadata, ...preflight('GET') };
    if (claimKeys !== undefined) this.routes[CLAIM_KEYS_PATH] = { GET: this.claimKeys };
  }

  private offerA2a(agent: string, preflight: (...methods: readonly string[]) => Preflight): void {
    const path = a2aPathOf(agent);
    this.routes[path] = { POST: (...exchange) => this.askA2a(agent, ...exchange), ...preflight('POST') };
    for (const card of AGENT_CARD_PATHS) {
      this.routes[path + card] = { GET: (...exchange) => this.showCard(agent, ...exchange), ...preflight('GET') };
    }
  }
}

/** Whether two documents agree on what is fixed when the server starts. */
function isSameServer(a: GatewayDocument, b: GatewayDocument): boolean {
  return (
    a.listen.port === b.listen.port &&
    a.listen.metricsPort === b.listen.metricsPort &&
    a.intake.connections === b.intake.connections &&
    JSON.stringify(a.tls) === JSON.stringify(b.tls) &&
    a.shutdown.graceMs === b.shutdown.graceMs &&
    a.watch?.configMap === b.watch?.configMap &&
    a.peers?.host === b.peers?.host &&
    a.peers?.port === b.peers?.port
  );
}
