import { conformanceRun, type ConformanceCheck } from './conformance-run';
import { EverythingServer } from './everything-server';
import { BASELINES } from './suites';

jest.setTimeout(11 * 60_000);

const nameOf = ({ scenario, name }: ConformanceCheck) => `${scenario}: ${name}`;
const lineOf = (check: ConformanceCheck) => `${nameOf(check)}: ${check.errorMessage}`;

/** What a gateway is compared with: the same suites, with nothing in between. */
describe('the everything-server alone', () => {
  let server: EverythingServer;

  beforeAll(async () => {
    server = await EverythingServer.start();
  });

  afterAll(() => server.close());

  it.each(BASELINES)('conforms to $suite.name', async ({ suite, passed, warned }) => {
    const checks = await conformanceRun({ url: server.url, suite });
    const having = (status: ConformanceCheck['status']) => checks.filter((check) => check.status === status);
    expect(having('FAILURE').map(lineOf)).toEqual([]);
    expect(having('WARNING').map(lineOf)).toEqual(warned.map((name) => expect.stringContaining(name)));
    expect(having('SUCCESS')).toHaveLength(passed);
  });
});
