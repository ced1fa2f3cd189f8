import { parseAllDocuments } from 'yaml';
import { doctorCommand } from '../src/doctor/command';
import { DoctorProcess, type Outcome } from './fixtures/doctor-process';
import { FakeCluster, type Scenario } from './fixtures/fake-cluster';
import { until } from './fixtures/stage';

const NO_KUBECTL = { PATH: '/nowhere' };

/** The command as a process, with a `kubectl` on its PATH that knows a cluster of ours. */
describe('agentyard doctor, as a command', () => {
  let cluster: FakeCluster;
  const start = async (flags: readonly string[], scenario: Scenario = {}): Promise<DoctorProcess> => {
    cluster = new FakeCluster(scenario);
    return new DoctorProcess(flags, await cluster.executable());
  };
  afterEach(() => cluster?.close());

  it('runs the kubectl of the PATH', async () => {
    const { exitCode, output, errors } = await (await start(['--context', 'staging', '--image', 'node:24'])).outcome;
    expect({ exitCode, errors }).toMatchObject({ exitCode: 0 });
    expect(output).toMatch(/^Context staging, Kubernetes v1\.33\.2\n[^]*\n11 ok, 0 failed, 0 unknown\n$/);
    const listener = cluster.calls.find(({ object }) => object?.kind === 'Pod')?.object;
    expect(listener.spec.containers[0].image).toBe('node:24');
    const program = cluster.calls.find(({ object }) => object?.kind === 'ConfigMap')?.object;
    expect(program.data['probe.mjs']).toContain('node probe.mjs listen <port>...');
  });

  it('ends with 1 where something is wrong', async () => {
    const { exitCode, output } = await (await start(['--output', 'json'], { admitsPrivileged: true })).outcome;
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ exitCode: 1 });
  });

  it('says that kubectl is missing', async () => {
    const outcome = await new DoctorProcess([], NO_KUBECTL).outcome;
    expect(outcome).toEqual<Outcome>({
      exitCode: 2,
      output: '',
      errors:
        'error: kubectl is not on the PATH; install it (https://kubernetes.io/docs/tasks/tools/), since contexts and ways to log in are its\n',
    });
  });

  it('says that the cluster refuses the user', async () => {
    const stderr = 'error: You must be logged in to the server (Unauthorized)';
    const { exitCode, errors } = await (await start([], { failures: [{ command: '/version', stderr }] })).outcome;
    expect(exitCode).toBe(2);
    expect(errors).toBe(`error: ${stderr}; log in to the cluster again, or name another context with --context\n`);
  });

  it('removes the probe on Ctrl-C', async () => {
    const doctor = await start([], { endless: true });
    await until(() => cluster.calls.some(({ object }) => object?.kind === 'Job'));
    doctor.interrupt();
    const { exitCode, output, errors } = await doctor.outcome;
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toMatch(/interrupted; Ctrl-C again leaves what is in the cluster\nremoving the probe\n$/);
    expect(cluster.calls.at(-1)?.args.join(' ')).toMatch(/^delete namespaces --selector agentyard\.dev\/doctor-run=/);
  });

  it('prints the manifests of the probe without a cluster', async () => {
    const flags = ['--print', '--dns-namespace', 'openshift-dns', '--dns-labels', 'dns=default,app=dns'];
    const dns = [...flags, '--dns-port', '5353', '--dns-cidr', '169.254.20.10/32', '--dns-cidr', 'fd00::10/128'];
    const { exitCode, output } = await new DoctorProcess(dns, NO_KUBECTL).outcome;
    expect(exitCode).toBe(0);
    const objects = [...parseAllDocuments(output)].map((document) => document.toJS());
    const policies = Array<string>(5).fill('NetworkPolicy');
    expect(objects.map(({ kind }) => kind as string)).toEqual([
      ...['Namespace', 'ServiceAccount', 'ConfigMap', 'Pod'],
      ...['Job', ...policies, 'Job', ...policies, 'NetworkPolicy'],
    ]);
    const ports = [
      { protocol: 'UDP', port: 5353 },
      { protocol: 'TCP', port: 5353 },
    ];
    const peer = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
      podSelector: { matchLabels: { dns: 'default', app: 'dns' } },
    };
    expect(objects.map(({ spec }) => spec?.egress as unknown)).toContainEqual([
      { to: [peer], ports },
      { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports },
      { to: [{ ipBlock: { cidr: 'fd00::10/128' } }], ports },
    ]);
  });

  it.each([
    [['--output', 'xml'], 'Allowed choices are table, json.'],
    [['--timeout', 'long'], 'It must be a whole number from 10 to 3600.'],
    [['--dns-labels', 'kube-dns'], 'It must be <key>=<value>,...'],
    [['--cluster-domain', 'cluster.local.'], "It must be a DNS name, for example 'cluster.local'."],
    [['--dns-port', '0'], 'It must be a whole number from 1 to 65535.'],
  ])('refuses %j', async (flags, message) => {
    const command = doctorCommand('/nowhere').exitOverride();
    let errors = '';
    command.configureOutput({ writeErr: (text) => void (errors += text) });
    await expect(command.parseAsync(flags, { from: 'user' })).rejects.toThrow();
    expect(errors).toContain(message);
  });
});
