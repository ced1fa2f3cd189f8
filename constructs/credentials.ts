import type { ISecret } from 'cdk8s-plus-29';
import { checkedObjectName } from '../lib/workload/names';

/** Where a model provider's credentials come from; never the credentials themselves. */
export class Credentials {
  /**
   * All entries of a Secret become environment variables, for example `ANTHROPIC_API_KEY` or `AWS_ACCESS_KEY_ID`.
   *
   * @param secretName a Secret in the agent's namespace
   */
  public static fromSecretName(secretName: string): Credentials {
    return new Credentials(secretName);
  }

  /** As `fromSecretName`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret): Credentials {
    return new Credentials(secret.name);
  }

  /**
   * One entry of a Secret is the API key.
   *
   * @param secretName a Secret in the agent's namespace
   * @param key the entry
   */
  public static fromSecretKey(secretName: string, key: string): Credentials {
    return new Credentials(secretName, key);
  }

  /** Name of the Secret. */
  public readonly secretName: string;
  /** The entry that is the API key; absent when all entries are environment variables. */
  public readonly key?: string;

  private constructor(secretName: string, key?: string) {
    this.secretName = checkedObjectName('Credentials', secretName);
    this.key = key;
  }

  /** @internal */
  public _envFrom(): Record<string, unknown>[] {
    return this.key === undefined ? [{ secretRef: { name: this.secretName } }] : [];
  }

  /** @internal */
  public _env(apiKeyEnv: string): Record<string, unknown>[] {
    if (this.key === undefined) return [];
    return [{ name: apiKeyEnv, valueFrom: { secretKeyRef: { name: this.secretName, key: this.key } } }];
  }
}
