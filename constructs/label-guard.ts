import { ApiObject, Lazy } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { labelGuardBindingSpec, labelGuardPolicySpec } from '../lib/hardening/label-guard';
import { RUNTIME_LABEL } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';
import { AppId } from './app-id';
import { ClusterProfile } from './cluster-profile';
import type { Deployer } from './deployer';
import { leaveNamespace } from './extra-object';
import { namespaceFaults, workloadNamespaces } from './program-workloads';

/** Properties of a label guard. */
export interface LabelGuardProps {
  /** Who applies the program to the cluster, at least one. */
  readonly deployers: Deployer[];
  /**
   * Namespaces in which it holds.
   * @default - those with workloads of the program, at least one
   */
  readonly namespaces?: string[];
}

const API_VERSION = 'admissionregistration.k8s.io/v1';
/** Version of Kubernetes that has ValidatingAdmissionPolicy. */
const NEEDED_MINOR = 30;

/**
 * Keeps others from posing as a workload. Policies know pods by their labels; this lets only the deployers, and
 * Kubernetes' own controllers on their behalf, make pods with the labels of this library in the namespaces of the
 * program, or change what runs in them. A ValidatingAdmissionPolicy, so it needs Kubernetes 1.30.
 *
 * Its id is the name of objects of the whole cluster. Who may run commands in pods (`pods/exec`) is for RBAC to say.
 */
export class LabelGuard extends Construct {
  public constructor(scope: Construct, id: string, props: LabelGuardProps) {
    super(scope, id);
    const { deployers } = props;
    deferFault(this, () => checkedLabel(this, id), id);
    for (const namespace of props.namespaces ?? []) deferFault(this, () => checkedLabel(this, namespace), namespace);
    this.check(deployers);
    const users = deployers.flatMap(({ _user }) => _user ?? []);
    const groups = deployers.flatMap(({ _group }) => _group ?? []);
    this.add('policy', 'ValidatingAdmissionPolicy', labelGuardPolicySpec(RUNTIME_LABEL, { users, groups }));
    const namespaces = () => props.namespaces ?? workloadNamespaces(this);
    const binding = Lazy.any({ produce: () => labelGuardBindingSpec(id, namespaces()) });
    // A binding to no namespace is one that the API server refuses.
    this.node.addValidation({ validate: () => namespaceFaults(this, namespaces(), 'to guard') });
    this.add('binding', 'ValidatingAdmissionPolicyBinding', binding);
  }

  private add(id: string, kind: string, spec: unknown): void {
    const labels = { 'app.kubernetes.io/managed-by': 'agentyard', ...AppId._labelsFor(this) };
    const metadata = { name: this.node.id, labels };
    leaveNamespace(new ApiObject(this, id, { apiVersion: API_VERSION, kind, metadata, spec }));
  }

  private check(deployers: readonly Deployer[]): void {
    if (deployers.length === 0) {
      this.report('DEPLOYER_INVALID', {
        message: 'nobody may deploy the program',
        remedy: "Name who applies it: deployers: [Deployer.serviceAccount('argocd', 'argocd-application-controller')]",
      });
    }
    const other = this.node.root.node.findAll().find((construct) => construct !== this && this.isNamesake(construct));
    if (other !== undefined) {
      this.report('NAME_TAKEN', {
        message: `"${this.node.id}" is the name of the label guard ${other.node.path} already`,
        remedy: 'Choose another id; a program needs one guard only',
      });
    }
    const profile = ClusterProfile.of(this);
    if (profile._minor < NEEDED_MINOR) {
      this.report('OPTION_UNSUPPORTED', {
        message: `Kubernetes ${profile.kubernetesVersion} has no ValidatingAdmissionPolicy`,
        remedy: `Leave the guard out below 1.${NEEDED_MINOR}, or raise kubernetesVersion in the profile`,
      });
    }
  }

  private isNamesake(construct: IConstruct): boolean {
    return construct instanceof LabelGuard && construct.node.id === this.node.id;
  }

  private report(code: SynthError['code'], fault: SynthFault): void {
    reportFault(this, new SynthError(code, this, fault));
  }
}
