import { READABLE_BY_GROUP, type MountedVolume } from '../workload/volumes';
import type { WorkloadName } from '../workload/names';

/** Where a workload finds the tokens that it shows to the services that it calls. */
export const TOKENS_DIRECTORY = '/var/run/secrets/agentyard/tokens';
/** Where a workload finds the keys by which it checks who calls. */
export const TRUST_BUNDLE_DIRECTORY = '/etc/agentyard-trust';
/** Where a gateway finds the keys that sign its user claims. */
export const SIGNING_KEYS_DIRECTORY = '/var/run/secrets/agentyard/signing-keys';

/** How long a projected token counts; the kubelet renews it after four fifths of that. */
const TOKEN_SECONDS = 3600;

/** Who a service is to its callers: the audience of tokens for it, and the issuer of a gateway's user claims. */
export function serviceAudienceOf({ namespace, name }: WorkloadName): string {
  return `agentyard:${namespace}/${name}`;
}

/** `sub` of the tokens of a ServiceAccount. */
export function serviceSubjectOf(namespace: string, serviceAccount: string): string {
  return `system:serviceaccount:${namespace}:${serviceAccount}`;
}

/** What a caller shows to a callee: a token for this one alone, so that the callee cannot use it elsewhere. */
export function serviceTokenFor(callee: WorkloadName) {
  return { audience: serviceAudienceOf(callee), file: `${TOKENS_DIRECTORY}/${tokenFile(callee)}` };
}

/** The projected tokens for some callees; no volume without any. */
export function tokensVolume(callees: () => readonly WorkloadName[]): MountedVolume {
  return {
    name: 'service-tokens',
    mountPath: TOKENS_DIRECTORY,
    readOnly: true,
    isNeeded: () => callees().length > 0,
    source: {
      get projected() {
        return { sources: callees().map(tokenSource) };
      },
    },
  };
}

/** The trust bundle; a pod starts without it, and is not ready until it is there. */
export function trustBundleVolume(configMap: string): MountedVolume {
  const source = { configMap: { name: configMap, optional: true } };
  return { name: 'trust-bundle', mountPath: TRUST_BUNDLE_DIRECTORY, readOnly: true, source };
}

/** The signing keys of a gateway, from the Secret that the trust job fills. */
export function signingKeysVolume(secretName: string): MountedVolume {
  const source = { secret: { secretName, optional: true, defaultMode: READABLE_BY_GROUP } };
  return { name: 'signing-keys', mountPath: SIGNING_KEYS_DIRECTORY, readOnly: true, source };
}

function tokenSource(callee: WorkloadName) {
  return {
    serviceAccountToken: {
      audience: serviceAudienceOf(callee),
      expirationSeconds: TOKEN_SECONDS,
      path: tokenFile(callee),
    },
  };
}

/** Neither part has a dot, so no two callees share a file. */
function tokenFile({ namespace, name }: WorkloadName): string {
  return `${namespace}.${name}`;
}
