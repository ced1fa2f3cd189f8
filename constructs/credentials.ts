import type { ISecret } from 'cdk8s-plus-29';
import { SynthError } from '../lib/errors/synth-error';
import { POD_IDENTITY_CIDRS, POD_IDENTITY_PORT, stsHost } from '../lib/providers/provider';
import { checkedObjectName } from '../lib/workload/names';
import { IpFamily } from './cluster-profile';
import type { Workload } from './workload';

type CredentialsSpec =
  | { readonly kind: 'secret'; readonly secretName: string; readonly key?: string }
  | { readonly kind: 'irsa'; readonly roleArn: string }
  | { readonly kind: 'podIdentity' };

/** Where a model provider's credentials come from; never the credentials themselves. */
export class Credentials {
  /**
   * All entries of a Secret become environment variables, for example `ANTHROPIC_API_KEY` or `AWS_ACCESS_KEY_ID`.
   *
   * @param secretName a Secret in the agent's namespace
   */
  public static fromSecretName(secretName: string): Credentials {
    return new Credentials({ kind: 'secret', secretName: checkedObjectName('Credentials', secretName) });
  }

  /** As `fromSecretName`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret): Credentials {
    return Credentials.fromSecretName(secret.name);
  }

  /**
   * One entry of a Secret is the API key.
   *
   * @param secretName a Secret in the agent's namespace
   * @param key the entry
   */
  public static fromSecretKey(secretName: string, key: string): Credentials {
    return new Credentials({ kind: 'secret', secretName: checkedObjectName('Credentials', secretName), key });
  }

  /**
   * A role of AWS for the agent's ServiceAccount (IAM roles for service accounts). Opens the regional Security Token
   * Service. For Bedrock only.
   *
   * @param roleArn for example `arn:aws:iam::111122223333:role/support-agent`
   */
  public static fromIamRole(roleArn: string): Credentials {
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) {
      throw new SynthError('CREDENTIALS_INVALID', 'Credentials.fromIamRole', {
        message: `"${roleArn}" is no ARN of a role`,
        remedy: 'Give the whole ARN, for example arn:aws:iam::111122223333:role/support-agent',
      });
    }
    return new Credentials({ kind: 'irsa', roleArn });
  }

  /** The role that EKS Pod Identity associates with the agent's ServiceAccount. Opens its agent's address. For Bedrock only. */
  public static fromPodIdentity(): Credentials {
    return new Credentials({ kind: 'podIdentity' });
  }

  private readonly spec: CredentialsSpec;

  private constructor(spec: CredentialsSpec) {
    this.spec = spec;
  }

  /** Whether they are of AWS alone. @internal */
  public get _isAwsRole(): boolean {
    return this.spec.kind !== 'secret';
  }

  /** @internal */
  public _envFrom(): Record<string, unknown>[] {
    const { spec } = this;
    return spec.kind === 'secret' && spec.key === undefined ? [{ secretRef: { name: spec.secretName } }] : [];
  }

  /** @internal */
  public _env(apiKeyEnv: string): Record<string, unknown>[] {
    const { spec } = this;
    if (spec.kind !== 'secret' || spec.key === undefined) return [];
    return [{ name: apiKeyEnv, valueFrom: { secretKeyRef: { name: spec.secretName, key: spec.key } } }];
  }

  /** @internal */
  public get _serviceAccountAnnotations(): Record<string, string> | undefined {
    return this.spec.kind === 'irsa' ? { 'eks.amazonaws.com/role-arn': this.spec.roleArn } : undefined;
  }

  /** Opens what the credentials are fetched from. @internal */
  public _open(workload: Workload, region: string): void {
    if (this.spec.kind === 'irsa') {
      workload.allowToHost({ host: stsHost(region), port: 443, tls: true, privateCidrs: [] });
    }
    if (this.spec.kind === 'podIdentity') {
      const cidr = POD_IDENTITY_CIDRS[workload.profile.ipFamily === IpFamily.IPV6 ? 'IPv6' : 'IPv4'];
      workload.allowTo({ cidr }, { protocol: 'TCP', port: POD_IDENTITY_PORT });
    }
  }
}
