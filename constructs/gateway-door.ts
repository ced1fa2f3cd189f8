import type { IConstruct } from 'constructs';
import type { ForwardingHeader as HeaderName, GatewayDocumentInput } from '../lib/contract';
import { deferFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { hostnameFault, hostsOf, originFault, proxyFault } from '../lib/workload/gateway-door';
import type { WorkloadName } from '../lib/workload/names';
import type { ClusterProfile } from './cluster-profile';
import type { PublicUrl } from './public-url';
import type { GatewayDoorOptions, GatewayIntake } from './gateway-door-options';
import { ForwardingHeader, type TrustedProxies } from './trusted-proxies';

/** What of a gateway's document is of its door. */
export type DoorSection = Pick<GatewayDocumentInput, 'allowedOrigins' | 'hosts' | 'trustedProxies' | 'intake'>;

/** Bounds of the limits, as the document has them. */
const INTAKE: Readonly<Record<keyof GatewayIntake, readonly [least: number, most: number]>> = {
  connections: [1, 1_000_000],
  streams: [1, 1_000_000],
  streamsPerUser: [1, 1_000_000],
  jsonDepth: [4, 1_000],
  jsonMembers: [16, 10_000_000],
};

/** The door in the form of the document. What is wrong fails the synthesis. */
export function gatewayDoor(
  place: IConstruct,
  id: WorkloadName,
  profile: ClusterProfile,
  publicUrl: PublicUrl | undefined,
  options: GatewayDoorOptions,
): DoorSection {
  const { allowedOrigins = [], hostnames = [], intake, trustedProxies = profile._options.trustedProxies } = options;
  const good = (texts: readonly string[], faultOf: (text: string) => SynthFault | undefined) =>
    texts.filter((text) => deferFault(place, () => checked(place, faultOf(text)), false));
  return {
    allowedOrigins: allowedOrigins.length === 0 ? undefined : [...new Set(good(allowedOrigins, originFault))],
    hosts: hostsOf(id, profile.clusterDomain, publicUrl?.host, good(hostnames, hostnameFault)),
    trustedProxies: trustedProxies && deferFault(place, () => trustedProxiesSection(place, trustedProxies), undefined),
    intake: intake && checkedIntake(place, intake),
  };
}

function trustedProxiesSection(
  place: IConstruct,
  { cidrs, header = ForwardingHeader.X_FORWARDED_FOR }: TrustedProxies,
): { cidrs: string[]; header: HeaderName } {
  const fault =
    cidrs.length === 0
      ? { message: 'trustedProxies names no addresses', remedy: 'Name them, or leave it out' }
      : cidrs.map(proxyFault).find((found) => found !== undefined);
  if (fault !== undefined) throw new SynthError('DOOR_INVALID', place, fault);
  return { cidrs: [...cidrs], header };
}

function checked(place: IConstruct, fault: SynthFault | undefined): true {
  if (fault !== undefined) throw new SynthError('DOOR_INVALID', place, fault);
  return true;
}

function checkedIntake(place: IConstruct, intake: GatewayIntake): DoorSection['intake'] {
  const given = Object.entries(intake).filter(([, value]) => value !== undefined) as [keyof GatewayIntake, number][];
  const good = given.filter(([name, value]) =>
    deferFault(place, () => checked(place, intakeFault(name, value)), false),
  );
  return Object.fromEntries(good);
}

function intakeFault(name: keyof GatewayIntake, value: number): SynthFault | undefined {
  const [least, most] = INTAKE[name];
  if (Number.isInteger(value) && value >= least && value <= most) return undefined;
  return { message: `intake.${name} is ${value}`, remedy: `Give a whole number from ${least} to ${most}` };
}
