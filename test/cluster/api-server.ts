import https from 'node:https';
import type { Connection } from './kubeconfig';
import { ResourcePaths } from './resource-paths';

/** Any Kubernetes object. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: any };
  readonly [field: string]: any;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  /** @default 'application/json' */
  readonly contentType?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: any;
  /** What the server warns of: deprecated versions, pods that Pod Security would refuse, unknown fields. */
  readonly warnings: readonly string[];
}

/** What the API server refused, in its words. */
export class ApiError extends Error {
  public constructor(
    public readonly status: number,
    public readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** A plain client of an API server. */
export class ApiServer {
  private readonly agent: https.Agent;
  private readonly paths = new ResourcePaths((path) => this.get(path));

  /** @param user whom requests are made as, by impersonation; else whom the connection proves */
  public constructor(
    private readonly connection: Connection,
    private readonly user?: string,
  ) {
    this.agent = new https.Agent({ keepAlive: true, maxSockets: 8 });
  }

  /** The same API server for another user, who has to be given rights first. */
  public as(user: string): ApiServer {
    return new ApiServer(this.connection, user);
  }

  /** Sends one request; an answer that is not 2xx becomes an ApiError. */
  public async request(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.send(request);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const { reason = '', message = JSON.stringify(answer.body) } = answer.body as { reason?: string; message?: string };
    throw new ApiError(answer.status, reason, `${request.method} ${request.path}: ${message}`);
  }

  public async get(path: string): Promise<any> {
    return (await this.request({ method: 'GET', path })).body;
  }

  /** The object as it is in the cluster, or undefined. */
  public async read(object: KubernetesObject): Promise<KubernetesObject | undefined> {
    try {
      return (await this.get(await this.pathOf(object))) as KubernetesObject;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Creates the object, and refuses fields that the API does not know. */
  public async create(object: KubernetesObject, query: Record<string, string> = {}): Promise<KubernetesObject> {
    const path = await this.paths.collection(object);
    const strict = { fieldValidation: 'Strict', ...query };
    return (await this.request({ method: 'POST', path, query: strict, body: object })).body as KubernetesObject;
  }

  /** Deletes the object, if it is there; what it owns is collected afterwards. */
  public async delete(object: KubernetesObject): Promise<void> {
    try {
      await this.request({
        method: 'DELETE',
        path: await this.pathOf(object),
        query: { propagationPolicy: 'Background' },
      });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** The path under which the API serves the object. */
  public async pathOf(object: KubernetesObject): Promise<string> {
    return `${await this.paths.collection(object)}/${object.metadata.name}`;
  }

  public close(): void {
    this.agent.destroy();
  }

  private send({ method, path, query = {}, body, contentType = 'application/json' }: ApiRequest): Promise<ApiAnswer> {
    const { server, token, ...tls } = this.connection;
    const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
    url.search = new URLSearchParams(query).toString();
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = contentType;
    if (token) headers.authorization = `Bearer ${token}`;
    if (this.user !== undefined) headers['impersonate-user'] = this.user;
    return new Promise((resolve, reject) => {
      const request = https.request(url, { method, headers, agent: this.agent, ...tls }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: parse(Buffer.concat(chunks).toString('utf8')),
            warnings: warningsOf(response.headers.warning),
          }),
        );
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}

/** `299 - "text", 299 - "text"`. */
function warningsOf(header: string | undefined): string[] {
  return [...(header ?? '').matchAll(/\d{3} \S+ ("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text!) as string);
}
