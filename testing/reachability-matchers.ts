import type { Path, Protocol, Verdict } from '../lib/reachability';
import { EvaluatedEnd, type End, type Evaluation } from './evaluation';
import { endText, expectedText, isExpected, type ExpectedPath } from './expected-path';
import { item, section, type MatcherResult } from './matcher-result';
import { hostText } from './private-host';
import { programOf } from './questions';

/** Matchers on a construct with pods, on another end of its program, or on `evaluation.at(end)`. */
export interface ReachabilityMatchers<R> {
  /** May connect to a construct, a host, an address or other pods at a port. */
  toReach(to: End, port: number, protocol?: Protocol): R;
  /** May connect to exactly these: nothing else, and to each of them. */
  toReachOnly(expected: readonly ExpectedPath[]): R;
  /** May be connected to by a construct, an address or other pods at a port. */
  toBeReachableFrom(from: End, port: number, protocol?: Protocol): R;
}

/** Those on who may connect to whom, for `expect.extend`. */
export const reachabilityMatchers = {
  toReach(received: End | EvaluatedEnd, to: End, port: number, protocol: Protocol = 'TCP'): MatcherResult {
    const [evaluation, from] = located(received, to);
    return verdictResult(evaluation, from, to, port, protocol);
  },

  toBeReachableFrom(received: End | EvaluatedEnd, from: End, port: number, protocol: Protocol = 'TCP'): MatcherResult {
    const [evaluation, to] = located(received, from);
    return verdictResult(evaluation, from, to, port, protocol);
  },

  toReachOnly(received: End | EvaluatedEnd, expected: readonly ExpectedPath[]): MatcherResult {
    const [evaluation, from] = located(received);
    // A port of the egress proxy leads to hosts that are paths of their own, and nowhere else.
    const paths = evaluation.reachable(from).filter(({ toProxy }) => toProxy !== true);
    const more = paths.filter((path) => !expected.some((one) => isExpected(evaluation, one, path)));
    const missing = expected.filter((one) => !paths.some((path) => isExpected(evaluation, one, path)));
    return {
      pass: more.length === 0 && missing.length === 0,
      message: () =>
        [
          `${endText(evaluation, from)} ${more.length + missing.length === 0 ? 'reaches exactly what was expected:' : 'does not reach exactly what was expected.'}`,
          ...section('It reaches more:', more.flatMap(explained)),
          ...section(
            'It does not reach:',
            missing.map((one) => expectedText(evaluation, one)),
          ),
          ...(more.length + missing.length === 0 ? paths.map(pathText).map(item) : []),
        ].join('\n'),
    };
  },
};

function located(received: End | EvaluatedEnd, ...others: readonly End[]): [Evaluation, End] {
  if (received instanceof EvaluatedEnd) return [received.evaluation, received.end];
  return [programOf(received, ...others), received];
}

function verdictResult(evaluation: Evaluation, from: End, to: End, port: number, protocol: Protocol): MatcherResult {
  const verdict = evaluation.canReach(from, to, port, protocol);
  return {
    pass: verdict.allowed,
    message: () => {
      const [one, other] = [endText(evaluation, from), endText(evaluation, to)];
      return [
        `${one} ${outcome(verdict)} ${other} at ${protocol} ${port}, because:`,
        ...details(evaluation, from, verdict),
      ].join('\n');
    },
  };
}

function outcome({ allowed, via }: Verdict): string {
  if (!allowed) return 'may not connect to';
  return via === 'proxy' ? 'may connect, through the egress proxy, to' : 'may connect to';
}

function details(evaluation: Evaluation, from: End, { allowed, because, dns }: Verdict): string[] {
  if (allowed) return because.map(item);
  return [
    ...because.map(item),
    ...section('The name may be asked of DNS, in which data may leave, because:', dns ?? []),
    ...section('What it may connect to:', reachableText(evaluation, from)),
  ];
}

/** What is reachable from a workload; of other ends it is not known. */
function reachableText(evaluation: Evaluation, from: End): string[] {
  const texts = evaluation.reachable(from).map(pathText);
  return texts.length === 0 ? ['nothing'] : texts;
}

function explained(path: Path): string[] {
  return [pathText(path), ...path.because.map((one) => `  ${one}`)];
}

function pathText({ peer, privateCidrs, port, protocol, via, dns }: Path): string {
  return `${hostText(peer, privateCidrs)} at ${portText(port, protocol)}${via === 'proxy' ? ', through the egress proxy' : ''}${dns === true ? ' (DNS)' : ''}`;
}

function portText(port: string, protocol: Path['protocol']): string {
  if (port === 'all') return protocol === 'any' ? 'all ports' : `all ports of ${protocol}`;
  return protocol === 'any' ? `port ${port} of any protocol` : `${protocol} ${port}`;
}
