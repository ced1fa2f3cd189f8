import { SynthError } from '../errors/synth-error';

/** Kubernetes takes 1 MiB per ConfigMap, keys included; room is left for metadata and for managed fields. */
export const CONFIG_MAP_BYTES = 900_000;

/** Bytes that a file takes in a ConfigMap. */
function sizeOf(name: string, content: string): number {
  return Buffer.byteLength(name) + Buffer.byteLength(content);
}

/**
 * Spreads files over as few ConfigMaps as their order allows.
 *
 * @throws SynthError CONFIG_MAP_TOO_LARGE for a file that fits into none
 */
export function splitIntoConfigMaps(files: Readonly<Record<string, string>>, path: string): Record<string, string>[] {
  const maps: Record<string, string>[] = [];
  let room = 0;
  for (const [name, content] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const size = sizeOf(name, content);
    if (size > CONFIG_MAP_BYTES) {
      throw new SynthError('CONFIG_MAP_TOO_LARGE', path, {
        message: `${name} has ${size} bytes, a ConfigMap takes ${CONFIG_MAP_BYTES}`,
        remedy: 'Make it smaller, or mount large content as a volume',
      });
    }
    if (maps.length === 0 || size > room) {
      maps.push({});
      room = CONFIG_MAP_BYTES;
    }
    const map = maps[maps.length - 1];
    if (map) map[name] = content;
    room -= size;
  }
  return maps;
}
