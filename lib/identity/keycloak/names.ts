import { KEYCLOAK_CLIENTS, KEYCLOAK_ROLES } from '../../contract';
import type { SynthFault } from '../../errors/synth-error';
import { EVERY_USER } from './own-clients';

/** Longest text that Keycloak stores as a name or description. */
const LONGEST_TEXT = 255;

/** Whether a text can be the name of a realm. It stands in the URLs of its issuer. */
export function isRealmName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name);
}

/** What is wrong with the name of a realm of a program. */
export function realmNameFault(name: string): SynthFault | undefined {
  if (isRealmName(name) && name !== 'master') return undefined;
  return {
    message: `"${name}" is no name for a realm of its own`,
    remedy: 'Use 1 to 63 letters, digits and "._-", a letter or digit first; "master" is Keycloak\'s own',
  };
}

/** What is wrong with the name of a role, beside its form: Keycloak has some of its own. */
export function ownRoleFault(name: string): SynthFault | undefined {
  if (name !== EVERY_USER && !KEYCLOAK_ROLES.includes(name) && !name.startsWith('default-roles-')) return undefined;
  return { message: `every realm has the role "${name}" already`, remedy: 'Choose another name' };
}

/** What is wrong with the id of a client. */
export function clientIdFault(clientId: string): SynthFault | undefined {
  if (KEYCLOAK_CLIENTS.includes(clientId)) {
    return { message: `every realm has the client "${clientId}" already`, remedy: 'Choose another id' };
  }
  if (/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/.test(clientId)) return undefined;
  return {
    message: `"${clientId}" is no id of a client`,
    remedy: 'Use 1 to 128 letters, digits and "._:/-", a letter or digit first',
  };
}

/** What is wrong with the name of a user. Keycloak stores names of users in lower case. */
export function usernameFault(username: string): SynthFault | undefined {
  if (/^[a-z0-9][a-z0-9._@+-]{0,127}$/.test(username) && !username.startsWith('service-account-')) return undefined;
  return {
    message: `"${username}" is no name of a user`,
    remedy:
      'Use 1 to 128 of a-z, 0-9 and "._@+-", a letter or digit first; names of service accounts are Keycloak\'s own',
  };
}

/** What is wrong with a text for people. Keycloak fills in what looks like a variable, whatever it is. */
export function textFault(text: string): SynthFault | undefined {
  if (text.length <= LONGEST_TEXT && !text.includes('${')) return undefined;
  return {
    message: `the text "${text.slice(0, 40)}" has more than ${LONGEST_TEXT} characters, or a "\${", which Keycloak would take for a variable`,
    remedy: 'Shorten it, or spell it otherwise',
  };
}

/** What is wrong with a host that clients may be registered from. */
export function trustedHostFault(host: string): SynthFault | undefined {
  if (/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(host)) return undefined;
  return {
    message: `"${host}" is no host that clients are registered from`,
    remedy: 'Give a host name in lower case or an IPv4 address; "*." before a name stands for all names below it',
  };
}
