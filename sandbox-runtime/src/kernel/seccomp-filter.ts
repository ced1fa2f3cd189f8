import type { SystemCalls } from './system-calls.js';

/** Operations of classic BPF that a filter uses, linux/bpf_common.h. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const MASK = 0x54;
const RETURN = 0x06;

/** Where `struct seccomp_data` has what a filter looks at. The low half of an argument comes first. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

const ALLOW = 0x7fff_0000;
const ERROR = 0x0005_0000;
const EPERM = 1;
const ENOSYS = 38;

/** From here on the numbers of x64 are those of x32, which would be other calls than the ones that are looked for. */
const X32_NUMBERS = 0x4000_0000;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NEW_NAMESPACE = 0x7e02_0000;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
/** The type of a socket without SOCK_CLOEXEC and SOCK_NONBLOCK. */
const SOCKET_TYPE = 0xf;

/** What of a filter depends on the toolset. */
export interface FilterOptions {
  /** Whether tools may open sockets of TCP and UDP. */
  readonly network: boolean;
}

type Instruction = readonly [operation: number, ifTrue: number, ifFalse: number, value: number];

const load = (at: number): Instruction => [LOAD, 0, 0, at];
const result = (value: number): Instruction => [RETURN, 0, 0, value];
const DENY = result(ERROR | EPERM);

/** Runs the instructions if the loaded value is this one. */
function when(value: number, then: readonly Instruction[]): Instruction[] {
  return [[IF_EQUAL, 0, then.length, value], ...then];
}

/**
 * The program by which the kernel decides of each system call: what reaches other processes, the kernel's less used
 * parts, the network or what outlives a call is refused with EPERM, all else is allowed. `clone3` does not exist: its flags lie in memory,
 * which a filter cannot see, and C libraries use `clone` then.
 *
 * @returns instructions of `struct sock_filter`
 */
export function seccompFilter({ audit, filtered, ownOnly, denied }: SystemCalls, { network }: FilterOptions): Buffer {
  return encode([
    load(ARCHITECTURE_AT),
    [IF_EQUAL, 1, 0, audit],
    DENY,
    load(NUMBER_AT),
    [IF_AT_LEAST, 0, 1, X32_NUMBERS],
    DENY,
    ...Object.values(denied).flatMap((number) => when(number, [DENY])),
    ...Object.values(ownOnly).flatMap(({ number, arguments: own }) => when(number, withArguments(own))),
    ...when(filtered.clone3, [result(ERROR | ENOSYS)]),
    ...when(filtered.clone, [load(argumentAt(0)), [IF_ANY_BIT, 0, 1, NEW_NAMESPACE], DENY, result(ALLOW)]),
    ...when(filtered.socketpair, [load(argumentAt(0)), ...when(AF_UNIX, [result(ALLOW)]), DENY]),
    ...when(filtered.socket, socketRules(network)),
    result(ALLOW),
  ]);
}

/** Allowed if the first arguments are these. */
function withArguments(own: readonly number[]): Instruction[] {
  return [...own.flatMap((value, i) => [load(argumentAt(i)), [IF_EQUAL, 1, 0, value] as const, DENY]), result(ALLOW)];
}

function socketRules(network: boolean): Instruction[] {
  const unix = [load(argumentAt(0)), ...when(AF_UNIX, [result(ALLOW)])];
  if (!network) return [...unix, DENY];
  const types = [
    load(argumentAt(1)),
    [MASK, 0, 0, SOCKET_TYPE] as const,
    ...[SOCK_STREAM, SOCK_DGRAM].flatMap((type) => when(type, [result(ALLOW)])),
    DENY,
  ];
  return [...unix, ...when(AF_INET, types), ...when(AF_INET6, types), DENY];
}

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([operation, ifTrue, ifFalse, value], i) => {
    bytes.writeUInt16LE(operation, i * 8);
    bytes.writeUInt8(ifTrue, i * 8 + 2);
    bytes.writeUInt8(ifFalse, i * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, i * 8 + 4);
  });
  return bytes;
}
