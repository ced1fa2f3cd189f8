import type { INetworkPolicyPeer } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { isPort, tcp } from '../lib/network/port';
import type { ModelEndpoint } from '../lib/providers/provider';
import { networkPeersOf } from './foreign-peer';
import { Peer } from './peer';
import { openRemoteHost } from './remote-host';
import type { Workload } from './workload';

/** Options of how the host of a model is opened. */
export interface ModelEndpointOptions {
  /**
   * Blocks of addresses (`Peer.cidr`) that the host may lead to although they are private, for example those of a
   * PrivateLink endpoint.
   * @default - the host may lead to public addresses only
   */
  readonly privateEndpoints?: Peer[];
  /**
   * The pods that serve the model, for a base URL inside of the cluster: `Peer.pods`, or a workload of cdk8s-plus.
   * @default - the host is outside of the cluster
   */
  readonly servedBy?: Peer | INetworkPolicyPeer;
  /**
   * Port of these pods.
   * @default - the port of the base URL
   */
  readonly servedByPort?: number;
}

/** Opens an agent's way to its model: by name, by address, or to the pods that serve it. */
export function openModelEndpoint(
  agent: IConstruct,
  workload: Workload,
  endpoint: ModelEndpoint,
  options: ModelEndpointOptions,
): void {
  const { host, port, tls } = endpoint;
  const { servedBy } = options;
  const called = calledPort(agent, port, options);
  if (servedBy !== undefined) {
    const peers = servedBy instanceof Peer ? [servedBy._network(agent.node.path)] : networkPeersOf(servedBy, agent);
    for (const peer of peers) workload.allowTo(peer, tcp(called));
    workload.names.addServiceHosts(host);
    return;
  }
  openRemoteHost(
    workload,
    { host, port: called, tls, privateEndpoints: options.privateEndpoints },
    {
      place: agent,
      name: 'its model',
      invalid: 'MODEL_INVALID',
      example: 'https://llm.example.com/v1',
      inCluster:
        "Name the pods that serve it: servedBy: Peer.pods({ namespace: 'models', podLabels: { app: 'vllm' } })",
    },
  );
}

/** The port of the pods, or of the host. */
function calledPort(agent: IConstruct, port: number, { servedBy, servedByPort }: ModelEndpointOptions): number {
  const called = servedByPort ?? port;
  if (!isPort(called)) throw portFault(agent, called);
  if (servedByPort !== undefined && servedBy === undefined) throw portWithoutPods(agent, servedByPort);
  return called;
}

function portWithoutPods(agent: IConstruct, port: number): SynthError {
  return new SynthError('MODEL_INVALID', agent, {
    message: `servedByPort is ${port}, and servedBy does not say which pods have it`,
    remedy: 'Name the pods in servedBy, or put the port into the base URL',
  });
}

function portFault(agent: IConstruct, port: number): SynthError {
  return new SynthError('PORT_INVALID', agent, {
    message: `the port ${port} of its model is no port`,
    remedy: 'Give a whole number from 1 to 65535',
  });
}
