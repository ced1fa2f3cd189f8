import type { IConstruct } from 'constructs';
import { warn } from '../lib/errors/warning';
import type { Auth } from './auth';

/** Warns of a gateway that lets anybody call. */
export function warnOfOpenness(gateway: IConstruct, auth: Auth): void {
  if (auth._isNone) {
    warn(gateway, 'AUTH_NONE', {
      message: 'everyone who reaches the gateway may call every agent and tool',
      remedy: "Use Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'))",
    });
  }
  if (auth._methods.some(({ isDemo }) => isDemo)) {
    warn(gateway, 'AUTH_DEMO_TOKEN', {
      message: 'whoever sends the public demo token may call what its roles allow',
      remedy: 'Use it for demonstrations only; for all else Auth.apiKeys, Auth.keycloak, Auth.entra or Auth.oidc',
    });
  }
}
