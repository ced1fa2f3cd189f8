import { ContractError, signingKeys, trustBundle, type TrustDocument } from 'agentyard/contract';
import { clusterKeysOf, type ClusterKeys } from './cluster-keys.js';
import { GatewayKeys, newKey, type NewKey } from './gateway-keys.js';
import { KeptObjects, type Reading } from './kept-objects.js';
import { bundleText, kidsOf, nextBundle, readBundle, type BundleSources } from './next-bundle.js';
import { ClusterFault, ObjectChanged, type KeptObject, type StoredObject, type TrustCluster } from './trust-cluster.js';
import type { TrustFault, TrustReport, TrustStep } from './trust-report.js';

/** Several runs may write at once; in each round one of them succeeds. */
const MOST_ROUNDS = 10;

/** A trust bundle, and the ConfigMap that holds it. */
interface Bundle {
  readonly object: KeptObject;
  readonly reading: Reading;
}

type BundleState = Reading['state'];

/** A gateway, and what its Secret holds. */
interface Gateway {
  readonly issuer: string;
  readonly object: KeptObject;
  /** Absent if it could not be read. */
  readonly stored?: StoredObject;
  /** Absent if they could not be read or understood. */
  readonly keys?: GatewayKeys;
  /** Whether a key has to follow them. */
  readonly isDue?: boolean;
  /** The key that follows, if it can be published. */
  readonly next?: NewKey;
}

/**
 * Brings the trust bundles and the signing keys of a program up to date. It may be ended at any point, and run beside
 * itself: the next run goes on from what the objects say.
 *
 * @param clock milliseconds since the epoch
 */
export async function refreshTrust(
  document: TrustDocument,
  cluster: TrustCluster,
  clock: () => number = Date.now,
): Promise<TrustReport> {
  try {
    const { issuer, keys: jwks } = await cluster.readIssuer();
    const clusterKeys = clusterKeysOf(jwks);
    if (clusterKeys.keys.length === 0) throw new ClusterFault('the JWKS of the API server has no key that can be used');
    return await new TrustRefresh(document, cluster, clock, issuer, clusterKeys).run();
  } catch (error) {
    if (!(error instanceof ClusterFault)) throw error;
    return { steps: [], faults: [{ message: error.message }] };
  }
}

/** One run. */
class TrustRefresh {
  private readonly done: TrustStep[] = [];
  /** By gateway: a round that is begun again publishes no others. */
  private readonly nextKeys = new Map<string, NewKey>();

  public constructor(
    private readonly document: TrustDocument,
    private readonly cluster: TrustCluster,
    private readonly clock: () => number,
    private readonly clusterIssuer: string,
    private readonly clusterKeys: ClusterKeys,
  ) {}

  /**
   * Rounds from reading to writing, until nothing is left to write: so what other runs have written in between, or
   * from what they had read before, is seen and put right.
   */
  public async run(): Promise<TrustReport> {
    const noticed = this.clusterKeys.ignored.map((key): TrustStep => ({ event: 'cluster-key-ignored', ...key }));
    const reported = (faults: readonly TrustFault[]): TrustReport => ({ steps: [...noticed, ...this.done], faults });
    for (let left = MOST_ROUNDS; left > 0; left -= 1) {
      const before = this.done.length;
      const faults = await this.round();
      if (faults !== undefined && this.done.length === before) return reported(faults);
    }
    return reported([{ message: 'somebody else changes the same objects again and again', remedy: 'run it again' }]);
  }

  /** @returns what could not be done; absent if somebody else has written to one of the objects meanwhile */
  private async round(): Promise<readonly TrustFault[] | undefined> {
    const objects = new KeptObjects(this.cluster);
    try {
      await this.readAndWrite(objects);
      return objects.faults;
    } catch (error) {
      if (!(error instanceof ObjectChanged)) throw error;
      return undefined;
    }
  }

  /** Bundles are written first, and Secrets when that is done: no key signs that is not published. */
  private async readAndWrite(objects: KeptObjects): Promise<void> {
    // In this order, so that a key which another run has put into a Secret is not taken for one without an owner.
    const bundles: Bundle[] = [];
    for (const { namespace, configMap: name } of this.document.bundles) {
      const object: KeptObject = { kind: 'ConfigMap', namespace, name };
      bundles.push({ object, reading: await objects.read(object) });
    }
    const readable = bundles.map(({ reading }) => reading.state);
    const now = this.clock();
    const gateways: Gateway[] = [];
    for (const entry of this.document.gateways) {
      gateways.push(this.withNextKey(await this.readGateway(entry, objects), now, readable));
    }

    const { rotation } = this.document;
    const { clusterIssuer: issuer, clusterKeys } = this;
    const sources = { issuer, clusterKeys: clusterKeys.keys, gateways, rotation, now };
    const written: BundleState[] = [];
    for (const bundle of bundles) written.push(await this.writeBundle(bundle, sources, objects));
    for (const gateway of gateways) await this.writeKeys(gateway, written, objects);
  }

  private async readGateway(
    { issuer, namespace, secret: name }: TrustDocument['gateways'][number],
    objects: KeptObjects,
  ): Promise<Gateway> {
    const object: KeptObject = { kind: 'Secret', namespace, name };
    const reading = await objects.read(object);
    if (reading.state !== 'read') return { issuer, object };
    const { stored } = reading;
    const text = stored.data[signingKeys.file] ?? '';
    try {
      const keys = text.trim() === '' ? new GatewayKeys() : GatewayKeys.read(text);
      return { issuer, object, stored, keys };
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      // It may hold the key that signs, in a form of a later version for example. Running gateways go on with theirs.
      objects.faults.push({
        object,
        message: `${signingKeys.file} cannot be used, and is left as it is: ${inOneLine(error)}`,
        remedy: `put it right; or remove the entry, and a new key is made: ${removalOf(object)}`,
      });
      return { issuer, object, stored };
    }
  }

  private withNextKey(gateway: Gateway, now: number, bundles: readonly BundleState[]): Gateway {
    const { issuer, keys } = gateway;
    if (keys?.needsSuccessor(now, this.document.rotation) !== true) return gateway;
    if (!mayFollow(keys, bundles)) return { ...gateway, isDue: true };
    const next = this.nextKeys.get(issuer) ?? newKey();
    this.nextKeys.set(issuer, next);
    return { ...gateway, isDue: true, next };
  }

  private async writeBundle(
    { object, reading }: Bundle,
    sources: BundleSources,
    objects: KeptObjects,
  ): Promise<BundleState> {
    if (reading.state !== 'read') return reading.state;
    const before = reading.stored.data[trustBundle.file] ?? '';
    const { bundle: previous, broken } = bundleIn(before);
    const bundle = nextBundle(previous, sources);
    const text = bundleText(bundle);
    if (text === before) return 'read';
    if (!(await objects.write(object, reading.stored, trustBundle.file, text))) return 'failed';
    const [old, current] = [previous === undefined ? [] : kidsOf(previous), kidsOf(bundle)];
    this.done.push({
      event: 'bundle-written',
      object,
      added: current.filter((kid) => !old.includes(kid)),
      removed: old.filter((kid) => !current.includes(kid)),
      broken,
    });
    return 'read';
  }

  private async writeKeys(
    { issuer, object, stored, keys, isDue, next }: Gateway,
    bundles: readonly BundleState[],
    objects: KeptObjects,
  ): Promise<void> {
    if (stored === undefined || keys === undefined) return;
    const isPublished = next !== undefined && mayFollow(keys, bundles);
    if (isDue && !isPublished) {
      objects.faults.push({ object, message: 'its next key waits until every trust bundle can be written' });
    }
    const renewed = keys.renewed(isPublished ? next : undefined, this.clock(), this.document.rotation);
    const [made] = renewed.without(keys);
    const removed = keys.without(renewed).map(({ kid }) => kid);
    if (made === undefined && removed.length === 0) return;
    if (!(await objects.write(object, stored, signingKeys.file, renewed.text))) return;
    if (made !== undefined) {
      const { kid, usableFrom } = made;
      this.nextKeys.delete(issuer);
      this.done.push({ event: 'key-made', object, issuer, kid, usableFrom });
    }
    if (removed.length > 0) this.done.push({ event: 'keys-removed', object, issuer, kids: removed });
  }
}

/**
 * Whether a key may follow these. A bundle that is not there holds back successors alone: nobody can be called without
 * a first key, but pods that once had the bundle still know the keys of before.
 */
function mayFollow(keys: GatewayKeys, bundles: readonly BundleState[]): boolean {
  return bundles.every((state) => state === 'read' || (state === 'missing' && keys.isEmpty));
}

/** The bundle of a text, if it is one. All but what it remembers of former keys can be made anew. */
function bundleIn(text: string): { readonly bundle?: ReturnType<typeof readBundle>; readonly broken?: string } {
  if (text.trim() === '') return {};
  try {
    return { bundle: readBundle(text) };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { broken: inOneLine(error) };
  }
}

function inOneLine({ faults }: ContractError): string {
  return faults.map(({ path, message }) => `${path} ${message}`).join('; ');
}

function removalOf({ namespace, name }: KeptObject): string {
  const patch = JSON.stringify([{ op: 'remove', path: `/data/${signingKeys.file}` }]);
  return `kubectl patch secret ${name} --namespace ${namespace} --type=json --patch='${patch}'`;
}
