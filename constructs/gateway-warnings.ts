import type { IConstruct } from 'constructs';
import { warn } from '../lib/errors/warning';
import type { AuditOptions } from './audit-options';
import type { Auth } from './auth';
import type { Entry } from './entry';

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

/** Warns of a log that has what users ask, and what they get. */
export function warnOfAuditedContents(gateway: IConstruct, audit: AuditOptions | undefined): void {
  if (audit?.contents !== true) return;
  warn(gateway, 'AUDIT_CONTENTS', {
    message: 'its log has the arguments and results of all calls, and so has whatever the log is sent to',
    remedy: 'Use audit: { hashes: true } if it is enough to tell equal ones',
  });
}

/** Warns of an ingress, which passes on the name that clients call a gateway by, where the gateway knows no such name. */
export function warnOfUnknownHost(gateway: IConstruct, entries: readonly Entry[]): void {
  if (!entries.some(({ _isIngress }) => _isIngress)) return;
  warn(gateway, 'GATEWAY_WITHOUT_HOST', {
    message:
      'an ingress may call it, and the name by which clients do so is not known, so that it refuses their requests',
    remedy: "Give publicUrl: 'https://mcp.example.com', or hostnames: ['mcp.example.com']",
  });
}
