import { REALM_SETTING_NAMES, type KeycloakRealmRepresentation } from 'agentyard/contract';
import type { Step } from './change.js';
import { differing, united } from './difference.js';
import type { FoundRealm } from './found.js';

type Settings = Partial<Pick<KeycloakRealmRepresentation, (typeof REALM_SETTING_NAMES)[number]>>;

/**
 * Brings the settings of the realm itself into line. Its attributes go along: without them Keycloak sets those of CIBA and
 * of pushed authorization requests back.
 */
export function planSettings(desired: KeycloakRealmRepresentation, found: FoundRealm): Step[] {
  const changes = differing({ ...settingsOf(desired), ...eventsOf(desired, found) }, found);
  if (Object.keys(changes).length === 0) return [];
  return [
    {
      kind: 'changed',
      what: `settings ${Object.keys(changes).sort().join(', ')}`,
      method: 'PUT',
      path: '',
      body: { ...changes, attributes: found.attributes },
    },
  ];
}

function settingsOf(realm: KeycloakRealmRepresentation): Settings {
  const said = REALM_SETTING_NAMES.filter((name) => realm[name] !== undefined);
  return Object.fromEntries(said.map((name) => [name, realm[name]]));
}

/** Whoever listens to events goes on, and events that are kept for longer, or for ever, are kept. */
function eventsOf(desired: KeycloakRealmRepresentation, found: FoundRealm): Settings {
  const { eventsExpiration: kept = 0 } = found;
  const isForEver = found.eventsEnabled === true && kept === 0;
  return {
    eventsListeners: united(found.eventsListeners, desired.eventsListeners),
    eventsExpiration: isForEver ? kept : Math.max(kept, desired.eventsExpiration),
  };
}
