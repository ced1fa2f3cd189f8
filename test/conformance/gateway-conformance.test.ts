import { cleanUp, documentOf, startTestGateway } from '../../gateway-runtime/test/fixture';
import { conformanceRun, type ConformanceCheck } from './conformance-run';
import { EverythingServer } from './everything-server';
import { BASELINES } from './suites';

jest.setTimeout(11 * 60_000);
afterAll(cleanUp);

const nameOf = ({ scenario, name }: ConformanceCheck) => `${scenario}: ${name}`;
const lineOf = (check: ConformanceCheck) => `${nameOf(check)}: ${check.errorMessage}`;

/** The same server, with a gateway in front of it: nothing may fail that does not fail without. */
describe('the everything-server behind the gateway', () => {
  let server: EverythingServer;
  let url: string;

  beforeAll(async () => {
    server = await EverythingServer.start();
    const everything = {
      name: 'everything',
      endpoint: { by: 'url' as const, url: server.url },
      timeoutMs: 60_000,
      otherTools: '*' as const,
      resources: '*' as const,
      prompts: '*' as const,
      mayAsk: ['elicitation' as const, 'roots' as const, 'sampling' as const],
    };
    const gateway = await startTestGateway({ document: documentOf({ mcpServers: [everything] }) });
    url = `${gateway.url}/mcp`;
  });

  afterAll(() => server.close());

  it.each(BASELINES)('conforms to $suite.name', async ({ suite, passed, warned }) => {
    const checks = await conformanceRun({ url, suite });
    const having = (status: ConformanceCheck['status']) => checks.filter((check) => check.status === status);
    expect(having('FAILURE').map(lineOf)).toEqual([]);
    expect(having('WARNING').map(lineOf)).toEqual(warned.map((name) => expect.stringContaining(name)));
    expect(having('SUCCESS')).toHaveLength(passed);
  });
});
