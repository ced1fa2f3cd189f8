import {
  ApiServerError,
  ClusterFault,
  dataOfText,
  ObjectChanged,
  textOfData,
  type ApiRequest,
  type ApiServer,
  type KeptObject,
  type StoredObject,
  type TokenIssuerKeys,
  type TrustCluster,
} from '@agentyard/runtime-kit';

/** Who has written fields of objects, as the API server keeps it. */
const FIELD_MANAGER = 'agentyard-trust';

const PLURALS = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;

/** What is read of an object of the API. */
interface ApiObject {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** The cluster that the job runs in, through its API server. */
export class ApiTrustCluster implements TrustCluster {
  public constructor(private readonly api: ApiServer) {}

  public async readIssuer(): Promise<TokenIssuerKeys> {
    const discovery = await this.ask({ method: 'GET', path: '/.well-known/openid-configuration' });
    const jwks = await this.ask({ method: 'GET', path: '/openid/v1/jwks' });
    const { issuer } = discovery as { readonly issuer?: unknown };
    const { keys } = jwks as { readonly keys?: unknown };
    if (typeof issuer !== 'string' || !Array.isArray(keys)) {
      throw new ClusterFault('the API server does not say who issues the tokens of ServiceAccounts');
    }
    return { issuer, keys };
  }

  public async readObject(object: KeptObject): Promise<StoredObject | undefined> {
    try {
      const { metadata, data = {} } = (await this.api.request({ method: 'GET', path: pathOf(object) })) as ApiObject;
      return { resourceVersion: metadata.resourceVersion, data: textOfData(object, data) };
    } catch (error) {
      if (error instanceof ApiServerError && error.status === 404) return undefined;
      throw faultOf(error);
    }
  }

  /** By a JSON merge patch (RFC 7386), which the API server refuses if the object has another version by now. */
  public async patchObject(
    object: KeptObject,
    data: Readonly<Record<string, string>>,
    resourceVersion: string,
  ): Promise<void> {
    try {
      await this.api.request({
        method: 'PATCH',
        path: `${pathOf(object)}?fieldManager=${FIELD_MANAGER}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion }, data: dataOfText(object, data) },
      });
    } catch (error) {
      if (error instanceof ApiServerError && [404, 409].includes(error.status ?? 0)) throw new ObjectChanged(object);
      throw faultOf(error);
    }
  }

  private async ask(request: ApiRequest): Promise<object> {
    try {
      return ((await this.api.request(request)) as object | null) ?? {};
    } catch (error) {
      throw faultOf(error);
    }
  }
}

function faultOf(error: unknown): unknown {
  return error instanceof ApiServerError ? new ClusterFault(error.message) : error;
}

function pathOf({ kind, namespace, name }: KeptObject): string {
  return `/api/v1/namespaces/${namespace}/${PLURALS[kind]}/${encodeURIComponent(name)}`;
}
