import type { ISecret } from 'cdk8s-plus-29';
import { checkedObjectName } from '../lib/workload/names';

/** A Secret with one ApiKey document per entry: hashes of keys, never the keys. */
export class ApiKeys {
  /** A Secret that lives outside of the program. @param secretName in the gateway's namespace */
  public static fromSecretName(secretName: string): ApiKeys {
    return new ApiKeys(secretName);
  }

  /** A Secret of the same program, in the gateway's namespace. */
  public static fromSecret(secret: ISecret): ApiKeys {
    return new ApiKeys(secret.name);
  }

  /** Name of the Secret. */
  public readonly secretName: string;

  private constructor(secretName: string) {
    this.secretName = checkedObjectName('ApiKeys', secretName);
  }
}
