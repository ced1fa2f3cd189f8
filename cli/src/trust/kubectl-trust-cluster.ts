import {
  ClusterFault,
  dataOfText,
  ObjectChanged,
  textOfData,
  titleOf,
  type KeptObject,
  type StoredObject,
  type TokenIssuerKeys,
  type TrustCluster,
} from '@agentyard/runtime-kit';
import { z } from 'zod';
import { DevError } from '../dev/dev-error.js';
import { KubectlError } from '../kubectl/kubectl-error.js';
import type { Kubectl } from '../kubectl/kubectl.js';

const RESOURCES = { ConfigMap: 'configmaps', Secret: 'secrets' } as const;

/** What is read of objects; all members are kept, since they are written back. */
const apiObject = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).nullish(),
});

const discovery = z.looseObject({ issuer: z.string() });
const jwks = z.looseObject({ keys: z.array(z.unknown()) });

/** A cluster through kubectl, with the rights of the user. */
export class KubectlTrustCluster implements TrustCluster {
  /** The objects as they were read last. */
  private readonly known = new Map<string, z.output<typeof apiObject>>();

  public constructor(
    private readonly kubectl: Kubectl,
    private readonly fieldManager: string,
  ) {}

  public readIssuer(): Promise<TokenIssuerKeys> {
    return orFault(async () => {
      const { issuer } = understood(discovery, await this.kubectl.raw('/.well-known/openid-configuration'));
      const { keys } = understood(jwks, await this.kubectl.raw('/openid/v1/jwks'));
      return { issuer, keys };
    });
  }

  public readObject(object: KeptObject): Promise<StoredObject | undefined> {
    return orFault(async () => {
      const found = await this.kubectl.find(RESOURCES[object.kind], object.namespace, object.name);
      if (found === undefined) return undefined;
      const read = understood(apiObject, found);
      this.known.set(titleOf(object), read);
      return { resourceVersion: read.metadata.resourceVersion, data: textOfData(object, read.data ?? {}) };
    });
  }

  /**
   * Sent as the whole object on standard input: other users of the machine see the words of a command. `kubectl replace`
   * without `--raw` would write the entries into the annotation by which the next `kubectl apply` removes them.
   */
  public async patchObject(
    object: KeptObject,
    data: Readonly<Record<string, string>>,
    resourceVersion: string,
  ): Promise<void> {
    const read = this.known.get(titleOf(object));
    if (read?.metadata.resourceVersion !== resourceVersion) throw new ObjectChanged(object);
    const body = { ...read, data: { ...read.data, ...dataOfText(object, data) } };
    const { namespace, name } = object;
    const path = `/api/v1/namespaces/${namespace}/${RESOURCES[object.kind]}/${encodeURIComponent(name)}`;
    await orFault(async () => {
      try {
        const query = `?fieldManager=${this.fieldManager}`;
        await this.kubectl.request(['replace', '--raw', `${path}${query}`, '--filename=-'], JSON.stringify(body));
      } catch (error) {
        const isLost = error instanceof KubectlError && ['Conflict', 'NotFound'].includes(error.reason);
        throw isLost ? new ObjectChanged(object) : error;
      }
    });
  }
}

/** What kubectl says becomes what could not be done. */
async function orFault<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof DevError ? new ClusterFault(error.message) : error;
  }
}

function understood<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const { success, data } = schema.safeParse(value);
  if (success) return data;
  throw new ClusterFault('the API server gives an answer that is not understood');
}
