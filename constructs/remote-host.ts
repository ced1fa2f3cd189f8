import { isIP } from 'node:net';
import type { IConstruct } from 'constructs';
import type { ErrorCode } from '../lib/errors/codes';
import { SynthError } from '../lib/errors/synth-error';
import { blockFault } from '../lib/network/cidr';
import { isHostPattern, wildcardOf } from '../lib/network/egress/host-rule';
import { tcp } from '../lib/network/port';
import type { Peer } from './peer';
import type { Workload } from './workload';

/** A host that a workload calls. */
export interface RemoteHost {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Blocks of addresses that its name may lead to although they are private. */
  readonly privateEndpoints?: readonly Peer[];
}

/** How faults speak of what is called. */
export interface CalledThing {
  /** The construct that faults are of. */
  readonly place: IConstruct;
  /** `its model`. */
  readonly name: string;
  /** Code of what is no host. */
  readonly invalid: ErrorCode;
  /** How a host of such a thing is given: `https://llm.example.com/v1`. */
  readonly example: string;
  /** What to do about one inside of the cluster. */
  readonly inCluster: string;
}

/**
 * Opens the way to a host: by name, or by address.
 *
 * @throws SynthError EGRESS_PEER_MISSING for one inside of the cluster, `invalid` for what is no host
 */
export function openRemoteHost(workload: Workload, remote: RemoteHost, { place, ...thing }: CalledThing): void {
  const { host, port, tls, privateEndpoints = [] } = remote;
  if (isIP(host) !== 0) {
    const peer = { cidr: `${host}/${isIP(host) === 6 ? 128 : 32}` };
    const fault = blockFault(peer);
    if (fault !== undefined) throw new SynthError(thing.invalid, place, fault);
    workload.allowTo(peer, tcp(port));
  } else if (isInCluster(host, workload.profile.clusterDomain)) {
    throw new SynthError('EGRESS_PEER_MISSING', place, {
      message: `${thing.name} is at "${host}", inside of the cluster, where policies know pods and not names`,
      remedy: thing.inCluster,
    });
  } else if (!isHostPattern(host) || wildcardOf(host) !== 'none') {
    throw new SynthError(thing.invalid, place, {
      message: `the host "${host}" of its URL is no DNS name`,
      remedy: `Give the name of one host, for example ${thing.example}`,
    });
  } else {
    const privateCidrs = privateEndpoints.map((peer) => peer._cidr(place.node.path));
    workload.allowToHost({ host, port, tls, privateCidrs });
  }
}

/** Whether a name is of a Service: the cluster's domain, a name that ends with `.svc`, or one without a dot. */
export function isInCluster(host: string, clusterDomain: string): boolean {
  return !host.includes('.') || host.endsWith('.svc') || host.endsWith(`.${clusterDomain}`);
}
