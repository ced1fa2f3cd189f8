import { ApiObject, Chart, Lazy } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import { trustDocument, type TrustDocumentInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { documentText } from '../lib/synth/document-text';
import { LONGEST_CRON_JOB_NAME } from '../lib/workload/job';
import { APP_LABEL, objectLabels } from '../lib/workload/labels';
import type { WorkloadName } from '../lib/workload/names';
import { claimObjectName } from '../lib/workload/object-names';
import { bindingOf, RBAC_API_VERSION } from '../lib/workload/rbac';
import { AppId } from './app-id';
import type { ClusterProfile } from './cluster-profile';
import { JobWorkload } from './job-workload';

const ID = 'agentyard-trust';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const EVERY_FIVE_MINUTES = '*/5 * * * *';
/** A mounted ConfigMap is at most some two minutes old, and the job may miss a turn. */
const LEAD_MS = 30 * MINUTE_MS;
/** Longer than any user claim counts. */
const KEEP_MS = HOUR_MS;
const ROTATION_MS = 24 * HOUR_MS;

/** A gateway whose signing keys are made. */
interface KeyOwner {
  readonly issuer: string;
  readonly id: WorkloadName;
  readonly secret: string;
}

/** The trusts of a program, by the scope that their profile belongs to. */
const trusts = new WeakMap<IConstruct, Trust>();

/**
 * By which keys the parts of a program know each other: a ConfigMap in each namespace with agents or toolsets, which a
 * job fills with the public keys of the cluster's API server and of the gateways, and a Secret for each gateway, which
 * it fills with keys that sign user claims. Manifests hold no key, and applying them again takes none away.
 */
export class Trust extends Construct {
  /** The trust of a workload, made in its chart when it is first needed. @internal */
  public static _for(workload: Construct, profile: ClusterProfile): Trust {
    // Whose app lacks an id is told so by its own construct.
    AppId._labelsFor(workload);
    const scope = profile._scopeFor(workload);
    const known = trusts.get(scope) ?? new Trust(Chart.of(workload), ID, profile);
    trusts.set(scope, known);
    return known;
  }

  private readonly id: WorkloadName;
  private readonly profile: ClusterProfile;
  private readonly namespaces = new Set<string>();
  private readonly gateways: KeyOwner[] = [];

  private constructor(scope: Construct, id: string, profile: ClusterProfile) {
    super(scope, id);
    this.profile = profile;
    const app = AppId._labelsFor(this)[APP_LABEL] ?? 'app';
    this.id = { name: `${app}-trust`, namespace: Chart.of(this).namespace ?? '' };
    this.checkName(app);
    if (this.reachesApiServer) this.addJob();
    else {
      this.addDocument();
      this.tellOfNoJob();
    }
  }

  /**
   * Adds the trust bundle to the namespace of a workload that checks who calls.
   *
   * @returns name of the ConfigMap
   */
  public addCallee(workload: Construct, namespace: string): string {
    const name = `${this.id.name}-bundle`;
    if (this.namespaces.has(namespace)) return name;
    this.namespaces.add(namespace);
    const share = new Construct(Chart.of(workload), `${ID}-bundle`);
    this.add(share, 'config-map', 'v1', 'ConfigMap', { name });
    this.grant(share, `${this.id.name}-bundle`, 'configmaps', name);
    return name;
  }

  /**
   * Adds the Secret with the signing keys of a gateway.
   *
   * @returns name of the Secret
   */
  public addGateway(gateway: Construct, id: WorkloadName, issuer: string): string {
    const secret = `${id.name}-signing-keys`;
    this.gateways.push({ issuer, id, secret });
    const share = new Construct(gateway, 'signing-keys');
    this.add(share, 'secret', 'v1', 'Secret', { name: secret }, { type: 'Opaque' });
    this.grant(share, secret, 'secrets', secret);
    return secret;
  }

  private get reachesApiServer(): boolean {
    const { apiServer } = this.profile._options;
    return apiServer !== undefined || this.profile.egress._engine?.knowsApiServer === true;
  }

  private addJob(): void {
    const job = new JobWorkload(this, {
      id: this.id,
      job: 'trust',
      documentFile: trustDocument.file,
      document: () => this.text(),
      schedule: EVERY_FIVE_MINUTES,
    });
    deferFault(this, () => job.allowToApiServer(), undefined);
  }

  private tellOfNoJob(): void {
    warn(this, 'TRUST_BY_HAND', {
      message: `the profile of the cluster (${this.profile.kind}) does not say where the API server is, so no job in the cluster can keep the keys by which services know each other`,
      remedy: `Say it: ClusterProfile.${this.profile.kind}({ apiServer: { cidrs: ['10.0.0.1/32'] } }), or run "agentyard trust" after each apply and once a day`,
    });
  }

  /** The document is there all the same: it tells the command what to fill. */
  private addDocument(): void {
    const data = { [trustDocument.file]: Lazy.any({ produce: () => this.text() }) };
    this.add(this, 'document', 'v1', 'ConfigMap', { name: this.id.name }, { data });
  }

  private text(): string {
    return deferFault(this, () => documentText(trustDocument, this.document(), this.node.path), '');
  }

  private document(): TrustDocumentInput {
    return {
      kind: 'Trust',
      version: 1,
      ...this.id,
      bundles: [...this.namespaces].sort().map((namespace) => ({ namespace, configMap: `${this.id.name}-bundle` })),
      gateways: this.gateways.map(({ issuer, id, secret }) => ({ issuer, namespace: id.namespace, secret })),
      rotation: { everyMs: ROTATION_MS, leadMs: LEAD_MS, keepMs: KEEP_MS },
    };
  }

  /** Lets the job read and patch one object, which is there already: `create` could not be limited to a name. */
  private grant(scope: Construct, name: string, resource: string, resourceName: string): void {
    if (!this.reachesApiServer) return;
    const rule = { apiGroups: [''], resources: [resource], resourceNames: [resourceName], verbs: ['get', 'patch'] };
    const roleName = name.startsWith(this.id.name) ? name : `${this.id.name}-${name}`;
    const binding = bindingOf('Role', roleName, this.id);
    this.add(scope, 'role', RBAC_API_VERSION, 'Role', { name: roleName }, { rules: [rule] });
    this.add(scope, 'role-binding', RBAC_API_VERSION, 'RoleBinding', { name: roleName }, binding);
  }

  private add(
    scope: Construct,
    id: string,
    apiVersion: string,
    kind: string,
    metadata: { readonly name: string },
    rest: Record<string, unknown> = {},
  ): void {
    const { namespace } = Chart.of(scope);
    claimObjectName(scope, { apiVersion, kind, namespace, name: metadata.name });
    const labels = { ...objectLabels('identity', this.id.name), ...AppId._labelsFor(this) };
    new ApiObject(scope, id, { apiVersion, kind, metadata: { ...metadata, labels }, ...rest });
  }

  private checkName(app: string): void {
    if (this.id.name.length <= LONGEST_CRON_JOB_NAME) return;
    const fault = {
      message: `the id of the app, "${app}", makes "${this.id.name}", longer than a CronJob's name may be (${LONGEST_CRON_JOB_NAME})`,
      remedy: `Give the app an id of at most ${LONGEST_CRON_JOB_NAME - '-trust'.length} characters`,
    };
    reportFault(this, new SynthError('NAME_INVALID', this, fault));
  }
}
