import type { ApiKeyDocument } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import { KubectlError } from '../kubectl/kubectl-error.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { StoredKeys } from './stored-keys.js';

/** Which Secret holds the keys. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** New documents by the name of their entry; null removes an entry. */
export type EntryChanges = Readonly<Record<string, ApiKeyDocument | null>>;

/** Several administrators may write at once; in each round one of them succeeds. */
const MOST_ATTEMPTS = 20;

/** The Secret of API keys in a cluster. */
export class KeySecret {
  public readonly title: string;

  public constructor(
    private readonly kubectl: Kubectl,
    private readonly place: SecretPlace,
  ) {
    this.title = titleOf(place);
  }

  /** The keys as they are now; undefined if there is no such Secret. */
  public async find(): Promise<StoredKeys | undefined> {
    const { namespace, name } = this.place;
    const object = await this.kubectl.find('secret', namespace, name);
    return object === undefined ? undefined : StoredKeys.read(object, this.title);
  }

  /** The keys as they are now. @throws DevError if there is no such Secret */
  public async read(): Promise<StoredKeys> {
    const stored = await this.find();
    if (stored !== undefined) return stored;
    const context = await this.kubectl.context();
    throw new DevError(
      `there is no ${this.title} in the cluster of context ${context}; \`agentyard keys create\` makes it`,
    );
  }

  /** Creates the Secret with these keys; fails if it is there. */
  public create(changes: EntryChanges): Promise<void> {
    return this.kubectl.create(secretObject(this.place, changes));
  }

  /**
   * Changes these entries in one step and leaves all others as they are, whoever else writes at the same time.
   *
   * @param resourceVersion the one state that is changed; else `Conflict`
   */
  public change(changes: EntryChanges, resourceVersion?: string): Promise<void> {
    const { namespace, name } = this.place;
    const metadata = resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
    return this.kubectl.merge('secret', namespace, name, { ...metadata, data: encoded(changes) });
  }

  /** Does something again, from reading on, if somebody else was faster. */
  public async retried<T>(attempt: () => Promise<T>): Promise<T> {
    for (let left = MOST_ATTEMPTS; ; left -= 1) {
      try {
        return await attempt();
      } catch (error) {
        const lost = error instanceof KubectlError && ['Conflict', 'AlreadyExists'].includes(error.reason);
        if (!lost || left === 1) throw error;
      }
    }
  }
}

/** How messages call a Secret. */
export function titleOf({ namespace, name }: SecretPlace): string {
  return `Secret ${namespace}/${name}`;
}

/**
 * A Secret with these entries alone. It has no label of an app, since `agentyard prune` removes what has one and is not
 * among the manifests.
 */
export function secretObject({ namespace, name }: SecretPlace, changes: EntryChanges) {
  const labels = { 'app.kubernetes.io/managed-by': 'agentyard', 'app.kubernetes.io/component': 'api-keys' };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels },
    type: 'Opaque',
    data: encoded(changes),
  };
}

function encoded(changes: EntryChanges): Record<string, string | null> {
  const entries = Object.entries(changes).map(([name, document]) => [
    name,
    document === null ? null : Buffer.from(JSON.stringify(document)).toString('base64'),
  ]);
  return Object.fromEntries(entries) as Record<string, string | null>;
}
