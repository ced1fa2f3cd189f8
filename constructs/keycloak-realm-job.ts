import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import {
  keycloakRealmSyncDocument,
  type KeycloakRealmRepresentation,
  type KeycloakRealmSyncDocumentInput,
} from '../lib/contract';
import { baseText } from '../lib/identity/keycloak/base-url';
import type { Placeholder } from '../lib/identity/keycloak/placeholder';
import { documentText } from '../lib/synth/document-text';
import { READABLE_BY_GROUP } from '../lib/workload/volumes';
import { egressProxyFor } from './egress-proxy';
import { JobWorkload } from './job-workload';
import type { KeycloakAdministrator } from './keycloak-administrator';
import type { NetworkOpener } from './keycloak-network';

/** What the job is called, after the id of its realm. */
export const JOB_SUFFIX = '-sync';
/** Takes back what was changed by hand, and brings secrets of clients that were renewed. */
const EVERY_HOUR = '0 * * * *';
const CREDENTIALS_DIRECTORY = '/var/run/secrets/agentyard/keycloak-administrator';

/** What the job of a realm is told. */
export interface RealmJobOptions {
  readonly administrator: KeycloakAdministrator;
  /** Id of the app, with which all that it makes is marked. */
  readonly owner: string;
  /** Whether it makes the realm if there is none. */
  readonly create: boolean;
  /** Base URL of Keycloak, as pods reach it. */
  readonly keycloakUrl: URL;
  readonly realm: () => KeycloakRealmRepresentation;
  /** Secrets of clients, which stand in the realm as variables; called when the program is complete. */
  readonly secrets: () => readonly Placeholder[];
  /** Passwords of people, which it needs only while it makes the realm. */
  readonly passwords: () => readonly Placeholder[];
}

/** The job that brings a realm into line, for each state of the program and each hour. It reaches Keycloak and nothing else. */
export class RealmJob extends Construct {
  /** Lets its pods out. */
  public readonly opener: NetworkOpener;
  private readonly options: RealmJobOptions;
  private readonly names: { readonly name: string; readonly namespace: string };

  public constructor(realm: Construct, id: string, options: RealmJobOptions) {
    super(realm, id);
    this.options = options;
    this.names = { name: `${realm.node.id}${JOB_SUFFIX}`, namespace: Chart.of(realm).namespace ?? '' };
    const { secretName } = options.administrator;
    this.opener = new JobWorkload(this, {
      id: this.names,
      job: 'realm',
      documentFile: keycloakRealmSyncDocument.file,
      document: () => this.text(),
      schedule: EVERY_HOUR,
      // Clients may be added until the program is complete.
      get env() {
        return [...options.secrets().map(variableOf), ...options.passwords().map(optionalVariableOf)];
      },
      volumes: [
        {
          name: 'administrator',
          mountPath: CREDENTIALS_DIRECTORY,
          readOnly: true,
          source: { secret: { secretName, defaultMode: READABLE_BY_GROUP } },
        },
      ],
      proxyFor: egressProxyFor,
    });
    this.node.addValidation({ validate: () => this.faults() });
  }

  private text(): string {
    return documentText(keycloakRealmSyncDocument, this.document(), this.node.path);
  }

  private document(): KeycloakRealmSyncDocumentInput {
    const { administrator, owner, create, keycloakUrl } = this.options;
    const realm = this.options.realm();
    return {
      kind: 'KeycloakRealmSync',
      version: 1,
      ...this.names,
      owner,
      keycloakUrl: baseText(keycloakUrl),
      administrator: { realm: administrator.realm, directory: CREDENTIALS_DIRECTORY },
      create,
      // People are made with the realm alone, and their passwords are not for the job that finds it made.
      realm: create ? realm : { ...realm, users: realm.users.filter((user) => user.serviceAccountClientId) },
    };
  }

  private faults(): string[] {
    try {
      this.text();
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  }
}

function variableOf({ variable, secretName, key }: Placeholder) {
  return { name: variable, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

function optionalVariableOf({ variable, secretName, key }: Placeholder) {
  return { name: variable, valueFrom: { secretKeyRef: { name: secretName, key, optional: true } } };
}
