import { isIP } from 'node:net';
import type { Construct, IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { Backend } from '../lib/exposure/backend';
import { gatewayPaths, isRoutablePath, type GatewayPath } from '../lib/exposure/gateway-paths';
import { servedPortName } from '../lib/workload/service';
import type { McpGateway } from './mcp-gateway';
import type { PublicUrl } from './public-url';
import { requireSameProgram } from './workload';

/** What a router needs to know of a gateway. */
export interface GatewayExposure {
  readonly namespace: string;
  readonly host: string;
  /** Path of the public URL; empty for the root. */
  readonly base: string;
  readonly paths: readonly GatewayPath[];
  readonly backend: Backend;
}

/** Stands for the host of a gateway whose fault fails the synthesis anyway. */
const UNKNOWN_HOST = 'unknown.invalid';

/** Lets the cluster's ingress reach the gateway, and says what is routed there. Faults fail the synthesis. */
export function exposeGateway(place: Construct, gateway: McpGateway): GatewayExposure {
  const host = publicHost(place, gateway);
  const base = gateway._publicUrl?.path ?? '';
  if (!isRoutablePath(base)) {
    report(place, {
      message: `the path "${base}" of the publicUrl of ${gateway.node.path} is one that routers read differently`,
      remedy: 'Use letters, digits, "-", "_", "." and "~" between the "/", and no "." at the beginning',
    });
  }
  gateway._expose(place);
  const { namespace, name } = gateway._workload.id;
  const tls = () => gateway._servesTls;
  const backend = { service: name, port: () => servedPortName(tls()), tls };
  return {
    namespace,
    host,
    base,
    paths: gatewayPaths(base),
    backend,
  };
}

/** What is wrong with a router in front of a gateway that serves TLS itself. */
export function routedTlsFaults(place: IConstruct, gateway: McpGateway, speaksTls: boolean): string[] {
  if (!gateway._servesTls) return [];
  const faults = [];
  if (!speaksTls) {
    faults.push({
      message: `${gateway.node.path} serves TLS, and the controller does not speak it to gateways`,
      remedy: 'Leave serveTls out, or let annotations do it: IngressController.other({ speaksTls: true, ... })',
    });
  }
  if (gateway._requiresClientCertificates) {
    faults.push({
      message: `${gateway.node.path} requires client certificates, and routers show none`,
      remedy: 'Say required: false, or let clients reach the gateway without a router',
    });
  }
  return faults.map((fault) => new SynthError('SERVING_TLS_INVALID', place, fault).message);
}

/** The name under which clients know the gateway. One without a public URL, or with an address, fails the synthesis. */
export function publicHost(place: IConstruct, gateway: McpGateway): string {
  requireSameProgram(place, gateway);
  const url = gateway._publicUrl;
  const host = url?.host.replace(/:\d+$/, '');
  if (url !== undefined && host !== undefined && isServable(url, host)) return host;
  report(place, {
    message:
      url === undefined
        ? `${gateway.node.path} has no publicUrl, so nobody knows its host`
        : `the publicUrl of ${gateway.node.path} is ${url.text}, which is no name that a router could serve`,
    remedy: "Give the gateway one: publicUrl: 'https://mcp.example.com'",
  });
  return UNKNOWN_HOST;
}

function isServable(url: PublicUrl, host: string): boolean {
  return !url.isLocal && isIP(host.replace(/^\[|\]$/g, '')) === 0;
}

function report(place: IConstruct, fault: { readonly message: string; readonly remedy: string }): void {
  reportFault(place, new SynthError('PUBLIC_URL_UNROUTABLE', place, fault));
}
