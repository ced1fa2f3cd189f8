import type { KubectlUse } from '../kubectl/kubectl-use.js';

/** kubectl as the probe uses it. */
export const DOCTOR_USE: KubectlUse = {
  fieldManager: 'agentyard-doctor',
  remedies: [
    {
      pattern: /\(AlreadyExists\)/,
      text: 'another run is under way, or one was kept or killed: `kubectl delete namespace agentyard-doctor` removes it, and in a namespace of yours the objects labelled agentyard.dev/doctor-run',
    },
    { pattern: /\(Forbidden\).* cannot \w+ resource/, text: 'docs/doctor.md lists the rights that the probe needs' },
  ],
};
