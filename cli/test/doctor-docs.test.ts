import { readFileSync } from 'node:fs';
import path from 'node:path';
import { doctorCommand } from '../src/doctor/command';
import { servedChecks, versionCheck } from '../src/doctor/cluster-facts';
import { DOCTOR_USE } from '../src/doctor/kubectl-use';
import { unknownProbeChecks } from '../src/doctor/probe-checks';
import { Kubectl } from '../src/kubectl/kubectl';
import { FakeCluster } from './fixtures/fake-cluster';

const page = readFileSync(path.join(__dirname, '../../docs/doctor.md'), 'utf8');
/** What stands in backticks in the first cells of the table with this heading. */
const firstCells = (heading: string): string[] => {
  const [, rows = ''] = new RegExp(`^\\| ${heading} .*\\n\\| -.*\\n((?:\\|.*\\n)+)`, 'm').exec(page) ?? [];
  const cells = rows.split('\n').map((row) => row.split('|')[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? ''));
};

describe('docs/doctor.md', () => {
  it('has every check, and no other', async () => {
    const cluster = new FakeCluster();
    const kubectl = new Kubectl({}, DOCTOR_USE, (...command) => Promise.resolve(cluster.answer(...command)));
    const dns = { namespace: 'x', podLabels: {}, port: 53, cidrs: [], clusterDomain: 'x' };
    const checks = [versionCheck('v1.33.0'), ...(await servedChecks(kubectl)), ...unknownProbeChecks('', dns)];
    expect(firstCells('check').sort()).toEqual([...checks.map(({ id }) => id), 'pod-security'].sort());
  });

  it('has every option, and no other', () => {
    const options = doctorCommand('').options.map(({ long }) => long);
    expect(
      firstCells('option')
        .map((text) => text.split(' ')[0])
        .sort(),
    ).toEqual(options.sort());
  });
});
