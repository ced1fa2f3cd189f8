import type { KubectlUse } from '../kubectl/kubectl-use.js';

/** kubectl as the keys are written with it. */
export const KEYS_USE: KubectlUse = {
  fieldManager: 'agentyard-keys',
  remedies: [
    { pattern: /\(Forbidden\).* cannot \w+ resource/, text: 'docs/api-keys.md lists the rights that are needed' },
    {
      pattern: /\(NotFound\).*namespaces? "/,
      text: 'see --namespace, and --context for the cluster; a namespace is never made',
    },
  ],
};
