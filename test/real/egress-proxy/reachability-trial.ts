import { isIP } from 'node:net';
import { IpFamily } from 'agentyard';
import type { Verdict, Workload } from 'agentyard/reachability';
import { evaluate, type Evaluation } from 'agentyard/testing';
import { fitsLabels } from '../../reachability/host-name';
import type { HostQuestion } from '../../reachability/proxied-questions';
import { leadsTo, type Internet } from '../../reachability/random-internet';
import { PARENT, workloadName } from '../../reachability/random-proxied-program';
import { SecondReading } from '../../reachability/second-reading';
import type { Attempt, Outcome } from './caller';
import type { AllowList, ProxiedPlatform, SynthesizedProxy } from './proxied-platform';
import type { ProxyEnd } from './workload';

/** How a workload gets to a host. */
export type Way = 'direct' | 'proxy' | 'none';

/** A question and what came of it, from both sides. */
export interface Answer {
  readonly question: HostQuestion;
  readonly workload: string;
  /** What the host's name leads to. */
  readonly leadsTo: string;
  /** What it comes to when a workload tries. */
  readonly real: Way;
  /** What `canReach` says, told where names lead. */
  readonly told: Verdict;
  readonly faults: readonly string[];
  readonly attempts: readonly Tried[];
}

/** An attempt, and how it ended. */
export interface Tried {
  readonly attempt: Attempt;
  readonly outcome: Outcome;
  /** Whether the list at the port that was tried names the host, for what was spoken and for what was not. */
  readonly listed?: { readonly spoken: boolean; readonly other: boolean };
}

/** One attempt, and through which list of which proxy it goes. */
interface Try {
  readonly attempt: Attempt;
  readonly through?: { readonly proxy: SynthesizedProxy; readonly list: AllowList };
}

/** What a refusal looks like from outside; all else that is no success is no answer. */
const REFUSED_STATUS = [403, 503];
const CUT = ['closed', 'ECONNRESET'];

/** Questions about a platform: put to the real proxy, and to `canReach`. */
export class ReachabilityTrial {
  private readonly second: SecondReading;
  private readonly told: Evaluation;
  private readonly untold: Evaluation;
  private readonly tries: ReadonlyMap<HostQuestion, readonly Try[]>;

  /** @param proxy has the lists of the platform, among others */
  public constructor(
    private readonly platform: ProxiedPlatform,
    private readonly internet: Internet,
    questions: readonly HostQuestion[],
    proxy: { at(port: number): ProxyEnd },
  ) {
    this.second = new SecondReading(platform.objects);
    const names = questions.map(({ host }) => canonical(host)).filter((host) => isIP(host) === 0);
    const hosts = Object.fromEntries([...names, PARENT.name].map((name) => [name, this.addressesOf(name)]));
    this.told = evaluate(platform.objects, { hosts });
    this.untold = evaluate(platform.objects);
    this.tries = new Map(questions.map((question) => [question, this.triesFor(question, proxy)]));
  }

  /** All that is to be tried, in one row. */
  public get attempts(): Attempt[] {
    return [...this.tries.values()].flatMap((tries) => tries.map(({ attempt }) => attempt));
  }

  /** @param outcomes of the attempts, in the same row */
  public answers(outcomes: readonly Outcome[]): Answer[] {
    let next = 0;
    return [...this.tries].map(([question, tries]) => {
      const own = outcomes.slice(next, (next += tries.length));
      return this.answer(question, tries, own);
    });
  }

  private answer(question: HostQuestion, tries: readonly Try[], outcomes: readonly Outcome[]): Answer {
    const { host, port } = question;
    const faults: string[] = [];
    const open = tries.filter((one, i) => this.isOpen(one, outcomes[i]!, faults));
    const real = open.some(({ through }) => through === undefined) ? 'direct' : open.length > 0 ? 'proxy' : 'none';
    const told = this.told.canReach(this.workload(question, this.told), host, port);
    const untold = this.untold.canReach(this.workload(question, this.untold), host, port);
    const disputes = [
      ...(wayOf(told) === real ? [] : [`canReach says ${wayOf(told)}, and really it is ${real}`]),
      ...this.untoldDisputes(host, untold, real),
    ];
    return {
      question,
      workload: this.title(question),
      leadsTo: isIP(host) === 0 ? leadsTo(this.addressesOf(host)) : 'address',
      real,
      told,
      faults: [...disputes, ...faults],
      attempts: tries.map(({ attempt, through }, i) => ({
        attempt,
        outcome: outcomes[i]!,
        listed: through && listed(through.list, attempt),
      })),
    };
  }

  /** Of what canReach says where it is not told where names lead, and so takes them for those of public addresses. */
  private untoldDisputes(host: string, untold: Verdict, real: Way): string[] {
    const said = wayOf(untold);
    const isWrong = real === 'proxy' ? said === 'none' : this.isUsual(host) && said !== 'direct' && said !== real;
    return isWrong ? [`canReach says ${said} where it is not told where names lead, and really it is ${real}`] : [];
  }

  /** Each port of a proxy that the workload's pods may connect to, and each address of the host itself. */
  private triesFor(question: HostQuestion, squid: { at(port: number): ProxyEnd }): Try[] {
    const { host, port, serverName = host } = question;
    const title = this.title(question);
    const common = { host, port, serverName: serverName.replace(/\.$/, '') };
    const byProxy = this.platform.proxies.flatMap((proxy) =>
      proxy.document.allowLists
        .filter((list) => this.second.mayConnect(title, proxy.title, list.port, 'TCP'))
        .flatMap((list) =>
          [true, false].map((tls) => ({
            attempt: { ...common, tls, proxy: squid.at(list.port) },
            through: { proxy, list },
          })),
        ),
    );
    const direct = this.addressesOf(host)
      .filter((address) => this.second.mayConnect(title, address, port, 'TCP'))
      .map((address) => ({ attempt: { ...common, tls: false, address } }));
    return [...byProxy, ...direct];
  }

  /** Whether an attempt got to the host. What is neither that nor a refusal is a fault. */
  private isOpen(one: Try, outcome: Outcome, faults: string[]): boolean {
    const what = JSON.stringify({ attempt: one.attempt, outcome });
    if (outcome.at === undefined) {
      if (!isRefusal(outcome)) faults.push(`no answer: ${what}`);
      return false;
    }
    if (!this.isExpected(one, outcome, outcome.at)) faults.push(`went elsewhere: ${what}`);
    if (one.through !== undefined) {
      if (!listed(one.through.list, one.attempt).spoken) faults.push(`is not in the list: ${what}`);
      if (!this.mayGetOut(one.through.proxy, outcome.at, one.attempt.port))
        faults.push(`no policy of its own lets the proxy out: ${what}`);
    }
    return true;
  }

  /** Whether it was the host that answered: at an address of its name, at the port, asked for by the name. */
  private isExpected({ attempt, through }: Try, { port, name = '' }: Outcome, at: string): boolean {
    const isBehindParent = through !== undefined && this.platform.parent !== undefined;
    const addresses = isBehindParent ? ['127.0.0.1'] : this.addressesOf(attempt.host);
    const asked = attempt.tls ? attempt.serverName : attempt.host;
    const bare = name.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    return addresses.includes(at) && port === attempt.port && canonical(bare) === canonical(asked);
  }

  /** In the laboratory, the proxies of a batch have their ways out in common; none of them may need another's. */
  private mayGetOut({ title }: SynthesizedProxy, at: string, port: number): boolean {
    const { parent } = this.platform;
    return parent === undefined
      ? this.second.mayConnect(title, at, port, 'TCP')
      : this.second.mayConnect(title, PARENT.address, parent.port, 'TCP');
  }

  private addressesOf(host: string): readonly string[] {
    return isIP(host) === 0 ? (this.internet[canonical(host)] ?? []) : [host];
  }

  /** Whether a name leads where names do, unless it is told: to public addresses that the cluster's pods get to. */
  private isUsual(host: string): boolean {
    const { parent, program } = this.platform;
    const usual = program.cluster.ipFamily === IpFamily.IPV6 && parent === undefined ? 'public6' : 'public4';
    return isIP(host) === 0 && leadsTo(this.addressesOf(host)) === usual;
  }

  private title(question: HostQuestion): string {
    return this.workload(question, this.told).title;
  }

  private workload({ from }: HostQuestion, { platform }: Evaluation): Workload {
    const { namespace, name } = workloadName(this.platform.program, from);
    return platform.workload(namespace, name);
  }
}

function isRefusal({ status = 0, error }: Outcome): boolean {
  return error === undefined ? REFUSED_STATUS.includes(status) : CUT.includes(error);
}

function wayOf({ allowed, via }: Verdict): Way {
  return allowed ? (via ?? 'direct') : 'none';
}

function canonical(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function listed({ hosts }: AllowList, { host, port, tls: spoken }: Attempt): { spoken: boolean; other: boolean } {
  const named = hosts.filter((one) => one.port === port && fitsLabels(canonical(host), one.name));
  const isFor = (wanted: boolean) => named.some(({ tls = true }) => tls === wanted);
  return { spoken: isFor(spoken), other: isFor(!spoken) };
}
