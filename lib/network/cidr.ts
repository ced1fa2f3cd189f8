import { formatBlock, parseBlock } from '../contract';
import type { SynthFault } from '../errors/synth-error';
import type { CidrPeer } from './peer';

/** Addresses of IPv4 in the form of IPv6, which Kubernetes refuses in policies. */
const MAPPED = '::ffff:0:0/96';

/** What is wrong with a block of addresses such as `10.1.0.0/16`; nothing for one that Kubernetes takes. */
export function cidrFault(text: string): SynthFault | undefined {
  const block = parseBlock(text);
  if (block === undefined) {
    return {
      message: `"${text}" is no CIDR`,
      remedy: 'Give an address and a prefix length, for example 10.1.0.0/16',
    };
  }
  if (isWithin(text, MAPPED)) {
    return { message: `"${text}" is IPv4 in the form of IPv6`, remedy: 'Give it in the form of IPv4' };
  }
  const address = parseBlock(text.replace(/\/.*$/, `/${block.bits}`));
  if (address?.first === block.first) return undefined;
  return { message: `"${text}" has bits behind its prefix`, remedy: `Give ${formatBlock(block)}, or a longer prefix` };
}

/** The same of a block with parts of it left out, each of which must be smaller. */
export function blockFault({ cidr, except = [] }: CidrPeer): SynthFault | undefined {
  const fault = [cidr, ...except].map(cidrFault).find((found) => found !== undefined);
  if (fault !== undefined) return fault;
  const foreign = except.find((part) => !isWithin(part, cidr) || isWithin(cidr, part));
  if (foreign === undefined) return undefined;
  return { message: `"${foreign}" is no part of ${cidr}`, remedy: 'Leave out blocks within it that are smaller' };
}

/** Whether the first block lies within the second; false when they are of different families. */
export function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [parseBlock(inner), parseBlock(outer)];
  if (a === undefined || b === undefined || a.bits !== b.bits || a.prefix < b.prefix) return false;
  const host = BigInt(b.bits - b.prefix);
  return a.first >> host === b.first >> host;
}
