import { createHash } from 'node:crypto';
import { DOMAINS, LABELS, LOOPBACK, lookAlikes, SERVER_PORTS, type Internet } from './random-internet';
import { declaredHosts, type DeclaredHost, type ProxiedProgram } from './random-proxied-program';

/** Why a question is asked. */
export const KINDS = [
  'declared',
  'under a wildcard',
  'another port',
  'a sub-domain',
  'two labels for a wildcard',
  'the parent domain',
  'in upper case',
  'with its final dot',
  'a look-alike',
  'of another workload',
  'an address',
  'of nobody',
] as const;
export type QuestionKind = (typeof KINDS)[number];

/** Whether a workload of a program gets to a host at a port. */
export interface HostQuestion {
  readonly kind: QuestionKind;
  /** Index of the workload in its program. */
  readonly from: number;
  readonly host: string;
  readonly port: number;
  /** TLS server name, where it is not the host. */
  readonly serverName?: string;
}

/** Questions about a program: `count` of them, of every kind that there are some of. */
export function questionsAbout(program: ProxiedProgram, internet: Internet, count: number): HostQuestion[] {
  const all = program.workloads.flatMap((_, from) => [
    ...declaredHosts(program, from).flatMap((host) => aboutHost(host, from, internet)),
    ...aboutOthers(program, from),
    ...DOMAINS.map((host): HostQuestion => ({ kind: 'of nobody', from, host, port: 443 })),
  ]);
  const distinct = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  return spread(shuffled(distinct, JSON.stringify(program)), count);
}

function aboutHost({ name, port }: DeclaredHost, from: number, internet: Internet): HostQuestion[] {
  const bare = name.replace(/^\*\./, '');
  const isWildcard = bare !== name;
  const meant = instances(name);
  const ask = (kind: QuestionKind, host: string, at = port): HostQuestion => ({ kind, from, host, port: at });
  return [
    ...meant.flatMap((host) => [
      ask(isWildcard ? 'under a wildcard' : 'declared', host),
      ask('in upper case', host.toUpperCase()),
      ask('with its final dot', `${host}.`),
      ask('a sub-domain', `${LABELS[0]}.${host}`),
      ...lookAlikes(host).map((other) => ask('a look-alike', other)),
      ...SERVER_PORTS.filter((other) => other !== port).map((other) => ask('another port', host, other)),
      ...(internet[host] ?? [])
        .filter(isOutside)
        .map((address) => ({ ...ask('an address', address), serverName: host })),
    ]),
    ...(isWildcard ? instances(`*.${LABELS[1]}.${bare}`).map((host) => ask('two labels for a wildcard', host)) : []),
    ...parents(name).map((host) => ask('the parent domain', host)),
  ];
}

function aboutOthers(program: ProxiedProgram, from: number): HostQuestion[] {
  return program.workloads
    .flatMap((_, other) => (other === from ? [] : declaredHosts(program, other)))
    .flatMap(({ name, port }) =>
      instances(name).map((host): HostQuestion => ({ kind: 'of another workload', from, host, port })),
    );
}

/** Whether an address is that of another machine than the one that asks. */
function isOutside(address: string): boolean {
  return !LOOPBACK.includes(address);
}

/** Names that a declared one stands for. */
function instances(name: string): string[] {
  return name.startsWith('*.') ? LABELS.map((label) => `${label}${name.slice(1)}`) : [name];
}

/** The name behind the first label, if it is one of a host. */
function parents(name: string): string[] {
  const parent = name.slice(name.indexOf('.') + 1);
  return parent.includes('.') ? [parent] : [];
}

/** In an order that depends on a text alone. */
function shuffled<T>(all: readonly T[], salt: string): T[] {
  const key = (one: T) =>
    createHash('sha256')
      .update(`${salt} ${JSON.stringify(one)}`)
      .digest('hex');
  return all
    .map((one) => ({ one, at: key(one) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ one }) => one);
}

/** One of each kind in turn, until there are `count`. */
function spread(all: readonly HostQuestion[], count: number): HostQuestion[] {
  const rounds = KINDS.flatMap((kind) => all.filter((one) => one.kind === kind).map((one, round) => ({ one, round })));
  return rounds
    .sort((a, b) => a.round - b.round)
    .slice(0, count)
    .map(({ one }) => one);
}
