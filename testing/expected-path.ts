import { Workload, type Path, type Protocol } from '../lib/reachability';
import { isConstruct, type End, type Evaluation } from './evaluation';
import { hostText, leadsTo, type PrivateHost } from './private-host';

/**
 * A path that a test expects: to whom, at which port and by which protocol (TCP, unless it says otherwise); or `dns`
 * for all paths that lead to DNS.
 *
 * Whom: a construct, other pods by the labels that policies name, a host or pattern as policies spell it, with the private
 * blocks that it may lead to if there are any, a block, or an entity such as `kube-apiserver`. Ports: a number, a range
 * such as `8000-8080`, or `all`.
 */
export type ExpectedPath = 'dns' | readonly [to: End | PrivateHost, port: number | string, protocol?: Protocol | 'any'];

/** Whether a path is the expected one. */
export function isExpected(evaluation: Evaluation, expected: ExpectedPath, path: Path): boolean {
  // DNS is its own opening; a path to everything that includes DNS is not.
  if (expected === 'dns') return path.dns === true && path.ports.first === path.ports.last;
  const [to, port, protocol = 'TCP'] = expected;
  return path.port === String(port) && path.protocol === protocol && isSamePeer(evaluation, to, path);
}

function isSamePeer(evaluation: Evaluation, to: End | PrivateHost, path: Path): boolean {
  const isHost = isPrivateHost(to);
  if (!leadsTo(path, isHost ? to.privateCidrs : [])) return false;
  const end = isHost ? to.host : evaluation.endpoint(to);
  if (end instanceof Workload) return path.workload === end;
  if (typeof end !== 'string') return path.pods !== undefined && sameEntries(podsEntries(end), podsEntries(path.pods));
  const text = end.toLowerCase().replace(/\.$/, '');
  return path.workload === undefined && [path.peer.toLowerCase(), path.entity].includes(text);
}

function isPrivateHost(to: End | PrivateHost): to is PrivateHost {
  return typeof to === 'object' && !isConstruct(to) && 'privateCidrs' in to;
}

function podsEntries({ namespace = '', labels }: { namespace?: string; labels: Readonly<Record<string, string>> }) {
  return [['', namespace], ...Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))].map((pair) =>
    pair.join('='),
  );
}

function sameEntries(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, i) => entry === b[i]);
}

/** How messages spell it. */
export function expectedText(evaluation: Evaluation, expected: ExpectedPath): string {
  if (expected === 'dns') return 'DNS';
  const [to, port, protocol = 'TCP'] = expected;
  const text = isPrivateHost(to) ? hostText(to.host, to.privateCidrs) : endText(evaluation, to);
  return `${text} at ${protocol} ${port}`;
}

/** How messages call an end. */
export function endText(evaluation: Evaluation, end: End): string {
  const endpoint = evaluation.endpoint(end);
  if (endpoint instanceof Workload) return endpoint.title;
  if (typeof endpoint === 'string') return endpoint;
  const labels = Object.entries(endpoint.labels).map((pair) => pair.join('='));
  return `pods ${labels.join(', ') || 'without labels'} in namespace ${endpoint.namespace}`;
}
