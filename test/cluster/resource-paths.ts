import type { KubernetesObject } from './api-server';

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Knows from the API's discovery under which path objects of a kind are served. */
export class ResourcePaths {
  private readonly known = new Map<string, Resource>();

  public constructor(private readonly get: (path: string) => Promise<unknown>) {}

  /** The path of the collection that the object is in. */
  public async collection(object: KubernetesObject): Promise<string> {
    const { apiVersion, kind, metadata } = object;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { name, namespaced } = await this.resource(root, kind);
    if (namespaced && !metadata.namespace) throw new Error(`${kind} ${metadata.name} names no namespace`);
    return namespaced ? `${root}/namespaces/${metadata.namespace}/${name}` : `${root}/${name}`;
  }

  private async resource(root: string, kind: string): Promise<Resource> {
    const key = `${root} ${kind}`;
    if (!this.known.has(key)) {
      const { resources } = (await this.get(root)) as { resources: Resource[] };
      // A name with a slash is a subresource.
      for (const resource of resources)
        if (!resource.name.includes('/')) this.known.set(`${root} ${resource.kind}`, resource);
    }
    const resource = this.known.get(key);
    if (!resource) throw new Error(`The API server knows no ${kind} in ${root}`);
    return resource;
  }
}
