import { Size, SizeRoundingBehavior } from 'cdk8s';
import { Cpu, type ContainerResources, type CpuResources } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { SynthError } from '../errors/synth-error';
import type { Runtime } from './labels';

const CPU_REQUEST = Cpu.millis(100);
const CPU_LIMIT: Readonly<Record<Runtime, Cpu>> = {
  gateway: Cpu.units(1),
  agent: Cpu.units(1),
  sandbox: Cpu.millis(500),
};
const MEMORY_REQUEST = Size.mebibytes(128);
const MEMORY_LIMIT = Size.mebibytes(512);

/**
 * Requests and limits of a container. What is not given keeps its default, or follows what is given where
 * the default would be a request above its limit.
 *
 * @throws SynthError LIMIT_INVALID for a request above its limit
 */
export function renderResources(runtime: Runtime, given: ContainerResources | undefined, place: IConstruct) {
  const cpu = cpuOf(runtime, given?.cpu);
  const memory = memoryOf(given);
  const storage = given?.ephemeralStorage ?? {};
  refuseRequestAboveLimit(place, 'cpu', cpu.request, cpu.limit, cores);
  refuseRequestAboveLimit(place, 'memory', memory.request, memory.limit, sizeInBytes);
  refuseRequestAboveLimit(place, 'ephemeralStorage', storage.request, storage.limit, sizeInBytes);
  return {
    requests: {
      cpu: cpu.request.amount,
      memory: memory.request.asString(),
      'ephemeral-storage': storage.request?.asString(),
    },
    limits: {
      cpu: cpu.limit.amount,
      memory: memory.limit.asString(),
      'ephemeral-storage': storage.limit?.asString(),
    },
  };
}

function cpuOf(runtime: Runtime, { request, limit }: CpuResources = {}) {
  const [least, most] = [CPU_REQUEST, CPU_LIMIT[runtime]];
  return {
    request: request ?? (limit !== undefined && cores(limit) < cores(least) ? limit : least),
    limit: limit ?? (request !== undefined && cores(request) > cores(most) ? request : most),
  };
}

function memoryOf(given: ContainerResources | undefined) {
  const { request, limit } = given?.memory ?? {};
  const [least, most] = [MEMORY_REQUEST, MEMORY_LIMIT];
  return {
    request: request ?? (limit !== undefined && sizeInBytes(limit) < sizeInBytes(least) ? limit : least),
    limit: limit ?? (request !== undefined && sizeInBytes(request) > sizeInBytes(most) ? request : most),
  };
}

function cores({ amount = '0' }: Cpu): number {
  return amount.endsWith('m') ? Number(amount.slice(0, -1)) / 1000 : Number(amount);
}

function refuseRequestAboveLimit<T extends Cpu | Size>(
  place: IConstruct,
  resource: string,
  request: T | undefined,
  limit: T | undefined,
  amountOf: (value: T) => number,
): void {
  if (request === undefined || limit === undefined || amountOf(request) <= amountOf(limit)) return;
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

/** Memory limit of a container, in bytes. */
export function memoryLimitBytes(resources: ContainerResources | undefined): number {
  return sizeInBytes(memoryOf(resources).limit);
}
