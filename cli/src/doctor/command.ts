import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { processTerminal } from '../dev/terminal.js';
import { Kubectl, type ClusterChoice } from '../kubectl/kubectl.js';
import { untilSignal } from '../until-signal.js';
import { domainName, labels, repeated, wholeNumber } from './flags.js';
import { DOCTOR_USE } from './kubectl-use.js';
import { printedProbe } from './printed-probe.js';
import { runDoctor, type Output } from './run.js';
import type { DoctorOptions } from './options.js';

const DNS_LABELS = { 'k8s-app': 'kube-dns' };

/**
 * `agentyard doctor`: finds out whether a cluster enforces what manifests say.
 *
 * @param programFile the program that the probe's pods run
 */
export function doctorCommand(programFile: string): Command {
  return new Command('doctor')
    .description('find out whether a cluster enforces NetworkPolicy and Pod Security, and what it has installed')
    .option('--context <name>', 'context of the kubeconfig; the current one if not given')
    .option('--kubeconfig <file>', 'kubeconfig file, as for kubectl')
    .option('--namespace <name>', 'namespace that exists, for the probe; one is made and removed if not given')
    .option('--image <image>', 'image with Node.js for the pods', `agentyard/gateway-runtime:${manifest.version}`)
    .option('--pull-secret <name>', 'Secret of the namespace with credentials for the registry')
    .option('--timeout <seconds>', 'longest time of the probe', wholeNumber(10, 3_600), 300)
    .option('--settle <seconds>', 'longest time until a policy must be in force', wholeNumber(5, 300), 20)
    .option('--dns-namespace <name>', 'namespace of the DNS pods', 'kube-system')
    .addOption(
      new Option('--dns-labels <key=value,...>', 'labels of the DNS pods')
        .argParser(labels)
        .default(DNS_LABELS, 'k8s-app=kube-dns'),
    )
    .option('--dns-port <n>', 'port of the DNS pods', wholeNumber(1, 65_535), 53)
    .option('--dns-cidr <block>', 'addresses of a DNS cache on the node (repeatable)', repeated)
    .option('--cluster-domain <domain>', 'domain of the Services', domainName, 'cluster.local')
    .addOption(new Option('--output <form>', 'form of the report').choices(['table', 'json']).default('table'))
    .option('--keep', 'leave the probe in the cluster, to look at it')
    .option('--print', 'print the manifests of the probe and touch no cluster')
    .addHelpText('after', '\nExit code: 0 all is well, 1 something is wrong, 2 it could not be found out.')
    .action(async (flags: DoctorFlags) => {
      const options = optionsOf(flags, readFileSync(programFile, 'utf8'));
      const terminal = processTerminal();
      if (flags.print === true) terminal.out(printedProbe(options));
      else
        process.exitCode = await untilSignal((signal) =>
          runDoctor(new Kubectl(flags, DOCTOR_USE), options, flags.output, terminal, signal),
        );
    });
}

/** Flags as commander gives them. */
interface DoctorFlags
  extends ClusterChoice, Pick<DoctorOptions, 'namespace' | 'image' | 'pullSecret' | 'timeout' | 'settle'> {
  readonly dnsNamespace: string;
  readonly dnsLabels: Readonly<Record<string, string>>;
  readonly dnsPort: number;
  readonly dnsCidr?: readonly string[];
  readonly clusterDomain: string;
  readonly output: Output;
  readonly keep?: boolean;
  readonly print?: boolean;
}

function optionsOf(flags: DoctorFlags, program: string): DoctorOptions {
  const { dnsNamespace, dnsLabels, dnsPort, dnsCidr = [], clusterDomain, keep = false, ...rest } = flags;
  const dns = { namespace: dnsNamespace, podLabels: dnsLabels, port: dnsPort, cidrs: dnsCidr, clusterDomain };
  return { ...rest, keep, program, dns };
}
