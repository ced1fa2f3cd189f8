import type { KubectlUse } from '../kubectl/kubectl-use.js';

/** kubectl as trust bundles and signing keys are written with it. */
export const TRUST_USE: KubectlUse = {
  fieldManager: 'agentyard-trust',
  remedies: [
    {
      pattern: /\(Forbidden\).* cannot \w+ (resource|path)/,
      text: 'docs/identity.md lists the rights that are needed',
    },
  ],
};
