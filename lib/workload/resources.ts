import { Size, SizeRoundingBehavior } from 'cdk8s';
import type { ContainerResources } from 'cdk8s-plus-29';
import type { Runtime } from './labels';

const CPU_REQUEST = '100m';
const CPU_LIMIT: Readonly<Record<Runtime, string>> = { gateway: '1', agent: '1', sandbox: '500m' };
const MEMORY_REQUEST = Size.mebibytes(128);
const MEMORY_LIMIT = Size.mebibytes(512);

/** Requests and limits of a container; what is not given keeps its default. */
export function renderResources(
  runtime: Runtime,
  { cpu = {}, memory = {}, ephemeralStorage = {} }: ContainerResources = {},
) {
  return {
    requests: {
      cpu: cpu.request?.amount ?? CPU_REQUEST,
      memory: (memory.request ?? MEMORY_REQUEST).asString(),
      'ephemeral-storage': ephemeralStorage.request?.asString(),
    },
    limits: {
      cpu: cpu.limit?.amount ?? CPU_LIMIT[runtime],
      memory: (memory.limit ?? MEMORY_LIMIT).asString(),
      'ephemeral-storage': ephemeralStorage.limit?.asString(),
    },
  };
}

/** A size in bytes. */
export function sizeInBytes(size: Size): number {
  return size.toKibibytes({ rounding: SizeRoundingBehavior.FLOOR }) * 1024;
}

/** Memory limit of a container, in bytes. */
export function memoryLimitBytes(resources: ContainerResources | undefined): number {
  return sizeInBytes(resources?.memory?.limit ?? MEMORY_LIMIT);
}
