import { Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu, type ContainerResources } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { deferFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';
import type { Runtime } from './labels';

/** How much of a resource a container requests, and how much it may take at most. */
interface Amounts<T> {
  readonly request: T;
  readonly limit: T;
}

const CPU = { request: Cpu.millis(100), limit: Cpu.units(1) };
const SANDBOX_CPU = { ...CPU, limit: Cpu.millis(500) };
const MEMORY = { request: Size.mebibytes(128), limit: Size.mebibytes(512) };
/** Two calls of 128 MiB, the runtime's 96 and a scratch space of 64 are 65% of it; 70% may be planned for. */
const SANDBOX_MEMORY = { ...MEMORY, limit: Size.mebibytes(640) };
/** Squid, its supervisor and the comparison of server names take 160 MiB at rest. */
const PROXY_MEMORY = { ...MEMORY, request: Size.mebibytes(192) };
/** What is written there is the container's log, which nodes rotate: up to 250 MiB where they keep much. */
const STORAGE = { request: Size.mebibytes(64), limit: Size.mebibytes(512) };

/** Part of the limit of ephemeral storage that the container's log may take. */
export const LOG_BYTES = sizeInBytes(Size.mebibytes(250));

/**
 * Requests and limits of a container. What is not given keeps its default, or follows what is given where the default
 * would be a request above its limit. A request above its limit fails the synthesis.
 */
export function renderResources(runtime: Runtime, given: ContainerResources | undefined, place: IConstruct) {
  const ordered = <T extends Cpu | Size>(
    resource: string,
    amounts: Amounts<T>,
    amountOf: (value: T) => number,
    byDefault: Amounts<T>,
  ) => deferFault(place, () => checkedAmounts(place, resource, amounts, amountOf), byDefault);
  const cpu = ordered('cpu', filled(given?.cpu, cpuDefault(runtime), cores), cores, cpuDefault(runtime));
  const memory = ordered('memory', memoryOf(runtime, given), sizeInBytes, memoryDefault(runtime));
  const storage = ordered(
    'ephemeralStorage',
    filled(given?.ephemeralStorage, STORAGE, sizeInBytes),
    sizeInBytes,
    STORAGE,
  );
  return {
    requests: {
      cpu: cpu.request.amount,
      memory: memory.request.asString(),
      'ephemeral-storage': storage.request.asString(),
    },
    limits: {
      cpu: cpu.limit.amount,
      memory: memory.limit.asString(),
      'ephemeral-storage': storage.limit.asString(),
    },
  };
}

const cpuDefault = (runtime: Runtime) => (runtime === 'sandbox' ? SANDBOX_CPU : CPU);
function memoryDefault(runtime: Runtime): Amounts<Size> {
  if (runtime === 'sandbox') return SANDBOX_MEMORY;
  return runtime === 'egress-proxy' ? PROXY_MEMORY : MEMORY;
}

function memoryOf(runtime: Runtime, given: ContainerResources | undefined): Amounts<Size> {
  return filled(given?.memory, memoryDefault(runtime), sizeInBytes);
}

function filled<T>(given: Partial<Amounts<T>> = {}, byDefault: Amounts<T>, amountOf: (value: T) => number): Amounts<T> {
  const { request, limit } = given;
  const low = limit !== undefined && amountOf(limit) < amountOf(byDefault.request);
  const high = request !== undefined && amountOf(request) > amountOf(byDefault.limit);
  return {
    request: request ?? (low ? limit : byDefault.request),
    limit: limit ?? (high ? request : byDefault.limit),
  };
}

function cores({ amount = '0' }: Cpu): number {
  return amount.endsWith('m') ? Number(amount.slice(0, -1)) / 1000 : Number(amount);
}

function checkedAmounts<T extends Cpu | Size>(
  place: IConstruct,
  resource: string,
  amounts: Amounts<T>,
  amountOf: (value: T) => number,
): Amounts<T> {
  const { request, limit } = amounts;
  if (amountOf(limit) <= 0) {
    throw new SynthError('LIMIT_INVALID', place, {
      message: `resources.${resource} has a limit of ${spelled(limit)}, which Kubernetes takes for none`,
      remedy: 'Give a limit above 0',
    });
  }
  if (amountOf(request) <= amountOf(limit)) return amounts;
  throw new SynthError('LIMIT_INVALID', place, {
    message: `resources.${resource} requests ${spelled(request)}, above its limit of ${spelled(limit)}`,
    remedy: 'Lower the request, or raise the limit',
  });
}

const spelled = (value: Cpu | Size) => ('asString' in value ? value.asString() : String(value.amount));

/** A size in bytes. */
export function sizeInBytes(size: Size): number {
  return size.toKibibytes({ rounding: SizeRoundingBehavior.FLOOR }) * 1024;
}

/** Limit of ephemeral storage of a container, in bytes. */
export function storageLimitBytes(resources: ContainerResources | undefined): number {
  return sizeInBytes(filled(resources?.ephemeralStorage, STORAGE, sizeInBytes).limit);
}

/** Memory limit of a container, in bytes. */
export function memoryLimitBytes(runtime: Runtime, resources: ContainerResources | undefined): number {
  return sizeInBytes(memoryOf(runtime, resources).limit);
}
