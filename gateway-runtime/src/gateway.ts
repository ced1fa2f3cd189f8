import { ContractError, invokeRequest, type gatewayDocument, type GatewayDocument } from 'agentyard/contract';
import {
  acceptsEventStream,
  createDispatcher,
  handleWithWeb,
  LocalHosts,
  readJson,
  type Handler,
  type RuntimeContext,
  type RuntimeParts,
} from '@agentyard/runtime-kit';
import manifest from '../package.json' with { type: 'json' };
import { Balancer } from './balance/balancer.js';
import { DnsEndpointResolver, LocalEndpointResolver, type Lookup } from './balance/endpoint-resolver.js';
import type { Random } from './balance/weighted-choice.js';
import { prepareState, type GatewayState, type KeySource } from './gateway-state.js';
import { answerMcp } from './mcp/endpoint.js';
import { McpUpstream } from './mcp/upstream.js';
import { audit } from './pipeline/audit.js';
import { authenticate } from './pipeline/authenticate.js';
import { forward, type Forwarding } from './pipeline/forward.js';
import { isLoopbackAddress, refuseForeignOrigin } from './pipeline/origin.js';
import { route } from './pipeline/route.js';

type GatewayContext = RuntimeContext<typeof gatewayDocument>;

/** What a test may put in the place of chance, of the cluster's DNS and of the usual pace. */
export interface GatewaySources {
  readonly random?: Random;
  readonly lookup?: Lookup;
  /** How often the document and the keys are read again, in milliseconds. */
  readonly pollMs?: number;
}

/** Revocation of a key takes effect within this time after its file is gone. */
const POLL_MS = 1_000;

/** Starts a gateway: its pipeline behind `/v1/invoke` and `/mcp`, and the watch on its document. */
export async function startGateway(context: GatewayContext, sources: GatewaySources = {}): Promise<RuntimeParts> {
  const keySource = { overlay: context.overlay, log: context.log, pollMs: sources.pollMs ?? POLL_MS };
  const gateway = new Gateway(context, sources, keySource, await prepareState(context.document, undefined, keySource));
  return gateway.start(keySource.pollMs);
}

class Gateway {
  private readonly forwarding: Forwarding;
  private readonly upstream: McpUpstream;
  private readonly loopbackOnly: boolean;

  public constructor(
    private readonly context: GatewayContext,
    { random = Math.random, lookup }: GatewaySources,
    private readonly keySource: KeySource,
    private state: GatewayState,
  ) {
    const { overlay } = context;
    const resolver =
      overlay === undefined
        ? new DnsEndpointResolver(lookup)
        : new LocalEndpointResolver(new LocalHosts(overlay.hostsFile));
    const dispatcher = createDispatcher(overlay);
    const balancer = new Balancer(resolver, random);
    this.forwarding = { dispatcher, balancer, random };
    this.upstream = new McpUpstream(dispatcher, balancer, { name: context.document.name, version: manifest.version });
    this.loopbackOnly = isLoopbackAddress(overlay?.listen.host);
  }

  public start(pollMs: number): RuntimeParts {
    const { documentFile, health, log, metrics } = this.context;
    health.addCheck(() => this.state.keys?.unready());
    const unwatch = documentFile.watch(
      (document) => this.reload(document),
      (error) => {
        metrics.countReloadFailure();
        const faults = error instanceof ContractError ? error.faults : [{ path: '$', message: error.message }];
        log.error({ event: 'reload-refused', faults }, 'the new document is refused, the old one stays in force');
      },
      pollMs,
    );
    return {
      routes: { '/v1/invoke': { POST: this.invoke }, '/mcp': { '*': this.mcp } },
      close: async () => {
        unwatch();
        this.state.keys?.close();
        await this.forwarding.dispatcher.destroy();
      },
    };
  }

  private readonly invoke: Handler = async (request, response, context) => {
    const { document, keys, routes, agents } = this.state;
    audit(context, { method: 'invoke' });
    refuseForeignOrigin(request.headers, this.loopbackOnly);
    audit(context, { user: authenticate(request.headers, keys) });
    const { input, history, ...target } = await readJson(request, document.maxBodyBytes, invokeRequest);
    const destination = route(routes, target);
    audit(context, { route: destination.route });
    await forward(this.forwarding, {
      body: { input, history },
      accept: acceptsEventStream(request.headers.accept) ? 'text/event-stream' : 'application/json',
      backends: destination.backends,
      agents,
      response,
      context,
    });
  };

  private readonly mcp: Handler = async (request, response, context) => {
    const { document, keys, tools } = this.state;
    audit(context, { method: 'mcp' });
    refuseForeignOrigin(request.headers, this.loopbackOnly);
    audit(context, { user: authenticate(request.headers, keys) });
    const exchange = {
      serverInfo: { name: document.name, version: manifest.version },
      directory: tools,
      upstream: this.upstream,
      maxBodyBytes: document.maxBodyBytes,
      context,
    };
    await handleWithWeb(request, response, context.signal, document.maxBodyBytes, (web) => answerMcp(web, exchange));
  };

  private async reload(document: GatewayDocument): Promise<void> {
    const { log } = this.context;
    const previous = this.state;
    this.state = await prepareState(document, previous, this.keySource);
    if (previous.keys !== this.state.keys) previous.keys?.close();
    log.info({ event: 'reloaded' }, 'the new document is in force');
    if (!isSameServer(this.context.document, document)) {
      log.warn(
        { event: 'restart-needed' },
        '"listen" and "shutdown" of the new document come into force with a restart',
      );
    }
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
