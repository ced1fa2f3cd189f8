import type { GatewayToolset, McpServer } from 'agentyard/contract';
import type { Dispatcher } from '@agentyard/runtime-kit';
import type { Caller } from '../../auth/caller.js';
import { NoPodError, type Balancer, type UsedPod } from '../../balance/balancer.js';
import type { ServiceAddress } from '../../balance/endpoint-resolver.js';
import type { UpstreamCredentials } from '../../credentials/upstream-credentials.js';
import { UpstreamCredentialsError } from '../../credentials/upstream-credentials-error.js';
import { refusesService } from '../../identity/service-refusal.js';
import { IdentityUnavailableError, type UpstreamIdentity } from '../../identity/upstream-identity.js';
import type { CallContext } from './call-context.js';
import { NotServedError, SessionGoneError } from './unavailable.js';

/** Uses an origin. Of a pod it says when it has failed. */
export type UseOrigin<T> = (origin: string, pod?: UsedPod) => Promise<T>;

/** Headers that show a server who calls. */
export type ShownHeaders = Readonly<Record<string, string>>;

/** Where a server is, what it is shown, and how long it may take. */
export interface UpstreamTarget {
  /** What it is called in errors. */
  readonly title: string;
  readonly name: string;
  /** What it is called in log lines. */
  readonly label: Readonly<Record<string, string>>;
  /** Whether it is a part of ours, which is told how much time is left. */
  readonly isOurs: boolean;
  /** What its requests are sent through. */
  readonly dispatcher: Dispatcher;
  /** Path of its endpoint, with a query if it has one. */
  readonly path: string;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a list may take, in milliseconds. */
  readonly listTimeoutMs: number;
  /**
   * Calls `use` with an origin that takes connections.
   *
   * @param pinned the origin that it has to be
   * @throws NoPodError; SessionGoneError if it is not at the pinned one any more
   */
  withOrigin<T>(use: UseOrigin<T>, pinned?: string): Promise<T>;
  /** What shows it who calls, at once if that is known. @throws NotServedError */
  headersFor(caller: Caller, context: CallContext): ShownHeaders | Promise<ShownHeaders>;
  /** Whether an answer refuses the gateway itself, whoever calls. */
  refuses(status: number, answer: unknown): boolean;
  /** What was shown for a caller was refused with this status. */
  forget(caller: Caller, status: number): void;
}

/** What requests are sent through. */
export interface Dispatchers {
  /** To pods, whose addresses are looked up here: by no proxy. */
  readonly pods: Dispatcher;
  /** To whatever a URL names: by the proxy of the environment, if there is one. */
  readonly outside: Dispatcher;
}

const NO_HEADERS: ShownHeaders = {};

/** How long toolsets may take to list their tools, in milliseconds. */
const LIST_TIMEOUT_MS = 5_000;

/** A toolset of ours: any of its pods takes any request. */
export class ToolsetTarget implements UpstreamTarget {
  public readonly title: string;
  public readonly name: string;
  public readonly label: Readonly<Record<string, string>>;
  public readonly isOurs = true;
  public readonly path = '/mcp';
  public readonly timeoutMs: number;
  public readonly listTimeoutMs = LIST_TIMEOUT_MS;

  public constructor(
    private readonly toolset: GatewayToolset,
    private readonly balancer: Balancer,
    private readonly identity: UpstreamIdentity,
    public readonly dispatcher: Dispatcher,
  ) {
    this.name = toolset.name;
    this.label = { toolset: toolset.name };
    this.title = `toolset "${toolset.name}"`;
    this.timeoutMs = toolset.timeoutMs;
  }

  public withOrigin<T>(use: UseOrigin<T>): Promise<T> {
    return this.balancer.withPod(this.toolset, use);
  }

  public headersFor(caller: Caller, context: CallContext): ShownHeaders | Promise<ShownHeaders> {
    try {
      const shown = this.identity.headersFor(this.identity.toolset(this.toolset), caller);
      return shown instanceof Promise ? shown.catch((error) => this.refuse(error, context)) : shown;
    } catch (error) {
      return this.refuse(error, context);
    }
  }

  private refuse(error: unknown, { log }: CallContext): never {
    if (!(error instanceof IdentityUnavailableError)) throw error;
    log.error(
      { event: 'service-identity-unavailable', toolset: this.name, reason: error.message },
      'the gateway cannot show a toolset who calls',
    );
    throw new NotServedError('the gateway cannot show it who calls', false);
  }

  public refuses(status: number, answer: unknown): boolean {
    return status >= 400 && refusesService(status, answer);
  }

  /** Its tokens are renewed by themselves. */
  public forget(): void {}
}

/** Pods that speak TLS. Each is probed as it is called. */
function secureService({ host, port }: ServiceAddress, tls: object, dispatchers: Dispatchers): ServiceAddress {
  return {
    host,
    port,
    tls,
    get dispatcher() {
      return dispatchers.pods;
    },
  };
}

/** A server of others. */
export class ServerTarget implements UpstreamTarget {
  public readonly title: string;
  public readonly name: string;
  public readonly label: Readonly<Record<string, string>>;
  public readonly isOurs = false;
  public readonly path: string;
  public readonly timeoutMs: number;
  public readonly listTimeoutMs: number;
  private readonly origin: string | undefined;
  private readonly service: ServiceAddress | undefined;

  public constructor(
    { name, endpoint, timeoutMs, listTimeoutMs }: McpServer,
    private readonly balancer: Balancer,
    private readonly dispatchers: Dispatchers,
    /** What it is shown; absent: nothing. */
    private readonly credentials: UpstreamCredentials | undefined,
  ) {
    this.name = name;
    this.label = { server: name };
    this.title = `MCP server "${name}"`;
    this.timeoutMs = timeoutMs;
    this.listTimeoutMs = listTimeoutMs;
    if (endpoint.by === 'pods') {
      this.path = endpoint.path;
      this.service = endpoint.tls === undefined ? endpoint : secureService(endpoint, endpoint.tls, dispatchers);
    } else {
      const { origin, pathname, search } = new URL(endpoint.url);
      this.origin = origin;
      this.path = `${pathname}${search}`;
    }
  }

  /** Asked for with each request, since another one comes with new TLS files. */
  public get dispatcher(): Dispatcher {
    return this.service === undefined ? this.dispatchers.outside : this.dispatchers.pods;
  }

  public withOrigin<T>(use: UseOrigin<T>, pinned?: string): Promise<T> {
    const { origin = '', service } = this;
    if (pinned !== undefined) return this.withPinned(use, pinned);
    return service === undefined ? use(origin) : this.balancer.withPod(service, use);
  }

  /** A session outlives the document, and the address the pod: what is held elsewhere is gone, or by one that is not there. */
  private async withPinned<T>(use: UseOrigin<T>, pinned: string): Promise<T> {
    const { origin, service } = this;
    if (service === undefined) {
      if (pinned !== origin) throw new SessionGoneError();
      return use(pinned);
    }
    try {
      return await this.balancer.withPodAt(service, pinned, use);
    } catch (error) {
      throw error instanceof NoPodError ? new SessionGoneError() : error;
    }
  }

  public headersFor(caller: Caller, context: CallContext): ShownHeaders | Promise<ShownHeaders> {
    return this.credentials === undefined ? NO_HEADERS : this.credentialsFor(this.credentials, caller, context);
  }

  private async credentialsFor(
    credentials: UpstreamCredentials,
    caller: Caller,
    context: CallContext,
  ): Promise<ShownHeaders> {
    const span = context.trace?.begin('upstream credentials', 'internal', {
      'agentyard.callee': `server/${this.name}`,
    });
    try {
      const headers = await credentials.headersFor(caller, context.departure);
      span?.end({});
      return headers;
    } catch (error) {
      span?.end({}, error instanceof UpstreamCredentialsError ? error.reason : 'failed');
      if (!(error instanceof UpstreamCredentialsError)) throw error;
      const { reason, detail } = error;
      context.log.warn({ event: 'upstream-credentials-missing', server: this.name, reason }, error.message);
      throw new NotServedError(`it cannot be shown who calls: ${detail}`, false);
    }
  }

  public refuses(status: number): boolean {
    return status === 401 || status === 403;
  }

  /** Only 401 says that another token might do (RFC 6750, 3.1). */
  public forget(caller: Caller, status: number): void {
    if (status === 401) this.credentials?.forget(caller);
  }
}
