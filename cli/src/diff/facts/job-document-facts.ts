import type { KeycloakRealmSyncDocument, TrustDocument } from 'agentyard/contract';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { inSeconds } from './quantity.js';

/** Whose keys the trust job makes, and to whom it gives them. */
export function trustFacts(owner: Owner, { bundles, gateways, rotation }: TrustDocument): FactSheet {
  const facts = new Facts(owner, 'trust');
  for (const { namespace, configMap } of bundles) {
    const text = `tells namespace ${namespace} by which keys services and users are known (ConfigMap ${configMap})`;
    facts.grant('tokens', `bundle ${namespace} ${configMap}`, text);
  }
  for (const { issuer, namespace, secret } of gateways) {
    const text = `makes the keys by which ${issuer} vouches for users (Secret ${namespace}/${secret})`;
    facts.grant('tokens', `keys ${issuer} ${namespace}/${secret}`, text);
  }
  const { everyMs, leadMs, keepMs } = rotation;
  facts.limit('limits', 'everyMs', 'age at which a signing key is followed by a new one', everyMs, inSeconds);
  facts.limit('limits', 'keepMs', 'time for which a key counts after its successor signs', keepMs, inSeconds);
  facts.setting('tokens', 'leadMs', 'time from the publication of a key until it signs', inSeconds(leadMs));
  return facts;
}

/** Which Keycloak the job of a realm changes, and as whom. */
export function realmSyncFacts(
  owner: Owner,
  { keycloakUrl, administrator, create }: KeycloakRealmSyncDocument,
): FactSheet {
  const facts = new Facts(owner, 'realm sync');
  facts.setting('authentication', 'keycloak', 'Keycloak that it changes', keycloakUrl);
  const { realm, directory } = administrator;
  facts.setting('authentication', 'administrator', 'who it is there', `the client of ${directory} in realm ${realm}`);
  if (create) facts.grant('authentication', 'create', 'makes the realm if there is none');
  return facts;
}
