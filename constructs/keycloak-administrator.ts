import type { ISecret } from 'cdk8s-plus-29';
import { SynthError } from '../lib/errors/synth-error';
import { isRealmName } from '../lib/identity/keycloak/names';
import { checkedObjectName } from '../lib/workload/names';

/** Options of the client that administers a realm. */
export interface KeycloakAdministratorOptions {
  /**
   * Realm that the client is of.
   * @default 'master'
   */
  readonly realm?: string;
}

/**
 * As whom the job that brings a realm into line calls Keycloak: a client with client credentials and the roles
 * manage-realm, manage-clients and manage-users, of the client `<realm>-realm` in `master` or of `realm-management` in the
 * realm itself. To make the realm, it needs `create-realm` in `master`.
 */
export class KeycloakAdministrator {
  /**
   * A Secret with the entries `client-id` and `client-secret`, as the Keycloak operator has them for `bootstrapAdmin`.
   *
   * @param secretName a Secret in the realm's namespace
   */
  public static fromSecretName(secretName: string, options: KeycloakAdministratorOptions = {}): KeycloakAdministrator {
    const place = 'KeycloakAdministrator';
    const { realm = 'master' } = options;
    if (!isRealmName(realm)) {
      throw new SynthError('REALM_INVALID', place, {
        message: `"${realm}" is no name of a realm`,
        remedy: 'Name the realm that the client is of, for example master',
      });
    }
    return new KeycloakAdministrator(checkedObjectName(place, secretName), realm);
  }

  /** As `fromSecretName`, for a Secret of the same program. */
  public static fromSecret(secret: ISecret, options: KeycloakAdministratorOptions = {}): KeycloakAdministrator {
    return KeycloakAdministrator.fromSecretName(secret.name, options);
  }

  /** Name of the Secret. */
  public readonly secretName: string;
  /** Realm that the client is of. */
  public readonly realm: string;

  private constructor(secretName: string, realm: string) {
    this.secretName = secretName;
    this.realm = realm;
  }
}
