import { z } from 'zod';
import { documentHead, type DocumentDefinition } from './document';
import { absolutePath, dnsLabel, httpUrl } from './fields';
import { keycloakRealm } from './keycloak-realm';

const schema = z.strictObject({
  ...documentHead('KeycloakRealmSync'),
  name: dnsLabel,
  namespace: dnsLabel,
  owner: dnsLabel.describe('Id of the app. What it makes in the realm carries it as the attribute `agentyard.owner`.'),
  keycloakUrl: httpUrl.describe('Base URL of Keycloak, as the job reaches it.'),
  administrator: z
    .strictObject({
      realm: z.string().min(1).describe('Realm of the client that administers.'),
      directory: absolutePath.describe('Directory with the files `client-id` and `client-secret`.'),
    })
    .describe('As whom Keycloak is administered.'),
  create: z.boolean().describe('Whether a realm that is missing is made; else it is waited for.'),
  realm: keycloakRealm.describe('The realm as it should be. `${VARIABLE}` stands for a secret in the environment.'),
});

/** `keycloak-realm-sync.json`: the realm that a job brings a Keycloak in line with. */
export const keycloakRealmSyncDocument: DocumentDefinition<typeof schema> = {
  kind: 'KeycloakRealmSync',
  file: 'keycloak-realm-sync.json',
  schema,
};
export type KeycloakRealmSyncDocument = z.output<typeof schema>;
export type KeycloakRealmSyncDocumentInput = z.input<typeof schema>;
