import { cleanUp, documentOf, startTestGateway } from '../../gateway-runtime/test/fixture';
import { conformanceRun, type ConformanceCheck } from './conformance-run';
import { EverythingServer } from './everything-server';
import { BASELINES, type Baseline } from './suites';

jest.setTimeout(11 * 60_000);
afterAll(cleanUp);

const nameOf = ({ scenario, name }: ConformanceCheck) => `${scenario}: ${name}`;
const lineOf = (check: ConformanceCheck) => `${nameOf(check)}: ${check.errorMessage}`;

/** A suite through the gateway, and what it finds. None fails but the ones that are named. */
interface BridgedRun {
  /** The only era of the server behind the gateway; absent: both, of which the gateway takes the newer. */
  readonly only?: 'modern' | 'legacy';
  readonly baseline: Baseline;
  readonly passed: number;
  readonly warned?: readonly string[];
  readonly failed?: readonly string[];
}

const [OLDEST, SESSIONS, STATELESS] = BASELINES as [Baseline, Baseline, Baseline];

/**
 * Checks that a stream comes with each answer are for information only where the gateway answers in JSON, so a few less
 * count as passed. A session that a server ends early, and has taken up again, is not seen where there is none.
 */
const RUNS: readonly BridgedRun[] = [
  { baseline: OLDEST, passed: 43 },
  { baseline: SESSIONS, passed: 80 },
  { baseline: STATELESS, passed: 152 },
  { only: 'modern', baseline: OLDEST, passed: 43 },
  { only: 'modern', baseline: SESSIONS, passed: 80 },
  { only: 'modern', baseline: STATELESS, passed: 152 },
  { only: 'legacy', baseline: OLDEST, passed: 46 },
  { only: 'legacy', baseline: SESSIONS, passed: 83 },
  {
    only: 'legacy',
    baseline: STATELESS,
    passed: 148,
    failed: [
      // A server with sessions is told at their beginning what it cannot ask, and does without it.
      'server-stateless: ServerRejectsUndeclaredCapability',
      'server-stateless: MissingCapabilityHttp400',
      // What it asks has an id there, and no name of its own choice.
      'input-required-result-basic-elicitation: InputRequiredResultElicitationIncomplete',
    ],
  },
];

const titleOf = ({ only, baseline }: BridgedRun) =>
  `${baseline.suite.name}, the server behind it ${only === undefined ? 'of both eras' : `of the ${only} era alone`}`;

/** The same server, with a gateway in front of it: nothing may fail that does not fail without. */
describe('the everything-server behind the gateway', () => {
  it.each(RUNS.map((run) => [titleOf(run), run] as const))('conforms to %s', async (_title, run) => {
    const { only, baseline, passed, warned = [], failed = [] } = run;
    const server = await EverythingServer.start({ only });
    const gateway = await startTestGateway({ document: documentOf({ mcpServers: [everything(server.url)] }) });
    const checks = await conformanceRun({ url: `${gateway.url}/mcp`, suite: baseline.suite });
    await server.close();
    const having = (status: ConformanceCheck['status']) => checks.filter((check) => check.status === status);
    expect(having('FAILURE').map(lineOf)).toEqual(failed.map((name) => expect.stringContaining(name)));
    expect(having('WARNING').map(lineOf)).toEqual(warned.map((name) => expect.stringContaining(name)));
    expect(having('SUCCESS')).toHaveLength(passed);
  });
});

/** All of it for everybody. */
function everything(url: string) {
  return {
    name: 'everything',
    endpoint: { by: 'url' as const, url },
    timeoutMs: 60_000,
    otherTools: '*' as const,
    resources: '*' as const,
    prompts: '*' as const,
    mayAsk: ['elicitation' as const, 'roots' as const, 'sampling' as const],
  };
}
