import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayDocument } from 'agentyard/contract';
import {
  auditUnavailable,
  HttpProblem,
  isLogBlocked,
  parseTraceParent,
  readBody,
  type Dispatcher,
  type Health,
  type LocalOverlay,
  type Logger,
  type RequestContext,
  type RequestTrace,
  type SealingKeys,
} from '@agentyard/runtime-kit';
import manifest from '../../package.json' with { type: 'json' };
import type { Caller } from '../auth/caller.js';
import type { UpstreamMetrics } from '../telemetry/upstream-metrics.js';
import type { EndpointResolver } from '../balance/endpoint-resolver.js';
import type { GatewayState } from '../gateway-state.js';
import { userOf, type OpenStreams } from '../open-streams.js';
import { AuditedRequest, AuditTrail, type AuditedContext, type RequestObserver } from '../pipeline/audit.js';
import { endMessageSpan } from '../telemetry/server-span.js';
import { answerMcp, type McpEndpoint, type McpRequest } from './endpoint.js';
import { PeerEnvelopes } from './peers/peer-envelope.js';
import { peerRoutes } from './peers/peer-routes.js';
import { peerAddress, startPeerServer, type PeerAddress } from './peers/peer-server.js';
import { Peers } from './peers/peers.js';
import { callerOf, type ForwardedExchange } from './peers/forwarded-exchange.js';
import { McpServices } from './services.js';
import { Seal } from './session/seal.js';

/** What MCP needs of the process that it runs in. */
export interface McpPlaneOptions {
  readonly document: GatewayDocument;
  /** What it seals with. */
  readonly keys: SealingKeys;
  /** The state in force. */
  readonly state: () => GatewayState;
  readonly overlay: LocalOverlay | undefined;
  readonly resolver: EndpointResolver;
  /** To pods. */
  readonly dispatcher: Dispatcher;
  readonly health: Health;
  readonly log: Logger;
  /** Streams of all clients. */
  readonly streams: OpenStreams;
  readonly upstreams: UpstreamMetrics;
}

/** A request that was let in. */
export interface AdmittedRequest {
  readonly caller: Caller;
  readonly audited: AuditedContext;
}

/** The endpoints of MCP, for clients and for the other replicas. */
export class McpPlane {
  /** Listens for the other replicas, if the document has them. */
  public static async open(options: McpPlaneOptions): Promise<McpPlane> {
    const { document, keys, overlay, dispatcher, resolver, health, log, upstreams } = options;
    const seal = new Seal(keys);
    const envelopes = new PeerEnvelopes(seal);
    const address = document.peers && peerAddress(document.peers, overlay);
    const self = address?.origin ?? '';
    const peers = new Peers({ dispatcher, resolver, service: document.peers, self, envelopes, log });
    const services = new McpServices({ name: document.name, version: manifest.version }, seal, peers, upstreams);
    health.onDrain(() => services.streams.endAll());
    const plane = new McpPlane(options, services, seal);
    if (address !== undefined) await plane.listen(address, envelopes);
    return plane;
  }

  private readonly serverInfoJson: string;
  private closePeers: (() => Promise<void>) | undefined;

  private constructor(
    private readonly options: McpPlaneOptions,
    private readonly services: McpServices,
    /** What clients are given to keep is sealed by it. */
    public readonly seal: Seal,
  ) {
    this.serverInfoJson = JSON.stringify(services.info);
  }

  /**
   * Answers a client.
   *
   * @param path of the endpoint; a request that a new document has overtaken finds nothing there
   */
  public answer(
    path: string,
    state: GatewayState,
    request: IncomingMessage,
    response: ServerResponse,
    { caller, audited }: AdmittedRequest,
  ): Promise<void> {
    const { maxBodyBytes } = state.document;
    const read: McpRequest = {
      method: request.method ?? 'GET',
      headers: request.headers,
      body: () => readBody(request, maxBodyBytes),
      isForwarded: false,
    };
    const clientIp = state.door.clientOf(request);
    const countStream = (): void => {
      response.on('close', this.options.streams.open(userOf(caller), state.document.intake, audited.audit));
    };
    const endpoint = this.endpoint(path, state);
    return answerMcp(read, response, { ...endpoint, caller, clientIp, countStream, context: audited });
  }

  /** Says that a new document is in force: to clients that listen where the tools are others, or for others. */
  public reloaded(before: GatewayState, now: GatewayState): void {
    for (const [path, catalog] of now.catalogs) {
      if (before.catalogs.get(path)?.toolRules !== catalog.toolRules) this.services.changes.emit(path);
    }
  }

  public async close(): Promise<void> {
    await this.closePeers?.();
    this.services.close();
  }

  private async listen(address: PeerAddress, envelopes: PeerEnvelopes): Promise<void> {
    const { health, log, state } = this.options;
    const maxBodyBytes = (): number => state().document.maxBodyBytes;
    const routes = peerRoutes(envelopes, address.origin, maxBodyBytes, {
      take: (note) => this.services.take(note),
      answer: (exchange, response, context) => this.answerForwarded(exchange, response, context),
    });
    this.closePeers = await startPeerServer(address, routes, { health, log });
  }

  /** Answers the client of another replica, which has let it in. */
  private async answerForwarded(
    exchange: ForwardedExchange,
    response: ServerResponse,
    context: RequestContext,
  ): Promise<void> {
    if (isLogBlocked()) throw auditUnavailable();
    const { method, path, headers, body, clientIp } = exchange;
    const caller = callerOf(exchange);
    const state = this.options.state();
    const audit = new AuditTrail(context, clientIp, traceOf(exchange, state));
    audit.values = state.auditValues;
    audit.note({ traceId: audit.trace?.traceId });
    audit.noteCaller(caller);
    const request = { method, headers, body: () => Promise.resolve(Buffer.from(body, 'base64')), isForwarded: true };
    const { overload, ...endpoint } = this.endpoint(path, state);
    // The one that passes it on has counted it, and its stream.
    const counted = { ...endpoint, overload: overload.counted(), countStream: () => undefined };
    const audited = new AuditedRequest(context, audit, audit.trace?.isRecorded === true ? RECORDED : undefined);
    await answerMcp(request, response, { ...counted, caller, clientIp, context: audited });
  }

  private endpoint(
    path: string,
    { catalogs, overload, document: { intake } }: GatewayState,
  ): Omit<McpEndpoint, 'caller' | 'context' | 'countStream'> {
    const { services, serverInfoJson } = this;
    const catalog = catalogs.get(path);
    if (catalog === undefined) throw new HttpProblem('path-unknown');
    const jsonLimits = { depth: intake.jsonDepth, members: intake.jsonMembers };
    return { path, catalog, overload, services, serverInfo: services.info, serverInfoJson, jsonLimits };
  }
}

/** Of what another replica passes on the trace alone is told: it has counted the request itself. */
const RECORDED: RequestObserver = {
  requestEnded(request, outcome, _durationMs, status) {
    const { trace } = request.audit;
    if (trace !== undefined) endMessageSpan(trace, request, outcome, status);
  },
};

function traceOf({ trace }: ForwardedExchange, { traces }: GatewayState): RequestTrace | undefined {
  const parent = trace && parseTraceParent(trace.traceparent, trace.tracestate);
  return parent && traces.passedOn(parent);
}
