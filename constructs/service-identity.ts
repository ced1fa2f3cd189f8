import type { IServiceAccount } from 'cdk8s-plus-29';
import { serviceSubjectOf } from '../lib/identity/service-identity';
import { checkedLabel, checkedObjectName } from '../lib/workload/names';
import type { Caller } from './callers';

/** Whatever shows a ServiceAccount's token when it calls: an agent, or a service outside of the program. */
export interface IServiceIdentity {
  /** What it is called in logs: `<namespace>/<name>`. */
  readonly serviceName: string;
  /** @internal */
  readonly _caller: Caller;
}

/**
 * A service that is not of this program. It calls with a projected token of its ServiceAccount, whose audience is the
 * one that it calls: `agentyard:<namespace>/<name>` (docs/identity.md).
 */
export class ServiceIdentity implements IServiceIdentity {
  /**
   * A service by its ServiceAccount.
   *
   * @param namespace namespace of its pods
   * @param name name of the ServiceAccount
   */
  public static fromServiceAccountName(namespace: string, name: string): ServiceIdentity {
    const place = 'ServiceIdentity.fromServiceAccountName';
    return new ServiceIdentity(checkedLabel(place, namespace), checkedObjectName(place, name));
  }

  /**
   * A service by its ServiceAccount.
   *
   * @param namespace namespace of its pods
   * @param account the ServiceAccount
   */
  public static fromServiceAccount(namespace: string, account: IServiceAccount): ServiceIdentity {
    return ServiceIdentity.fromServiceAccountName(namespace, account.name);
  }

  public readonly serviceName: string;
  /** @internal */
  public readonly _caller: Caller;

  private constructor(namespace: string, serviceAccount: string) {
    this.serviceName = `${namespace}/${serviceAccount}`;
    this._caller = {
      name: this.serviceName,
      subject: serviceSubjectOf(namespace, serviceAccount),
      // It brings no user: what it may do, it may do for itself.
      claimIssuers: () => [],
    };
  }
}
