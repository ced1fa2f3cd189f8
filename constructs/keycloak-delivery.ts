import type { KeycloakInstance } from './keycloak-instance';
import { checkedObjectName } from '../lib/workload/names';

/** The Keycloak that the operator imports a realm into. */
export interface OperatorDeliveryOptions {
  /** Name of the `Keycloak` resource, in the realm's namespace. */
  readonly instanceName: string;
}

/** What a realm is delivered as. */
type DeliverySpec =
  { readonly kind: 'file' } | { readonly kind: 'import'; readonly instanceName: string } | { readonly kind: 'job' };

/**
 * How a realm comes into a Keycloak that has none of its name. One that it has is changed by the job of an `administrator`
 * alone: docs/keycloak.md.
 */
export class KeycloakDelivery {
  /**
   * A ConfigMap with `<realm>-realm.json`, to be mounted at `/opt/keycloak/data/import` of a Keycloak that starts with
   * `--import-realm`. Secrets are variables of its environment: `KeycloakRealm.secretVariables`.
   */
  public static realmFile(): KeycloakDelivery {
    return new KeycloakDelivery({ kind: 'file' });
  }

  /** A `KeycloakRealmImport` of the Keycloak operator, which takes secrets from their Secrets. */
  public static byOperator(options: OperatorDeliveryOptions): KeycloakDelivery {
    const instanceName = checkedObjectName('KeycloakDelivery.byOperator', options.instanceName);
    return new KeycloakDelivery({ kind: 'import', instanceName });
  }

  /** As `byOperator`, into a Keycloak of the same program and namespace. */
  public static instance(instance: KeycloakInstance): KeycloakDelivery {
    return KeycloakDelivery.byOperator({ instanceName: instance.instanceName });
  }

  /** The job that keeps a realm in line makes it, too. Needs `administrator`. */
  public static adminApi(): KeycloakDelivery {
    return new KeycloakDelivery({ kind: 'job' });
  }

  /** @internal */
  public readonly _spec: DeliverySpec;

  private constructor(spec: DeliverySpec) {
    this._spec = spec;
  }
}
