import type { ConformanceSuite } from './conformance-run';

/** What a suite finds of the everything-server, with nothing in between. */
export interface Baseline {
  readonly suite: ConformanceSuite;
  /** How many checks pass. None fails. */
  readonly passed: number;
  /** The checks that warn: scenario and name. */
  readonly warned: readonly string[];
}

const revision = (specVersion: string): ConformanceSuite => ({
  name: `0.2.0-alpha.12 for ${specVersion}`,
  package: '@modelcontextprotocol/conformance',
  arguments: ['--spec-version', specVersion],
});

/** The suites for servers: all scenarios of each, but for those of extensions. */
export const BASELINES: readonly Baseline[] = [
  {
    suite: { name: '0.1.16', package: 'conformance-2025', arguments: [] },
    passed: 44,
    // The scenario negotiates 2025-11-25, and then says 2025-03-26 in its header. The SDK goes by the header, and that
    // revision knows no events without data, which is what the two checks wait for. Later suites send the right header.
    warned: ['server-sse-polling: ServerSendsPrimingEvent', 'server-sse-polling: ServerSendsRetryField'],
  },
  { suite: revision('2025-11-25'), passed: 84, warned: [] },
  { suite: revision('2026-07-28'), passed: 152, warned: [] },
];
