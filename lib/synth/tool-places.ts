import { CONTRACT_VERSION, toolsetManifest } from '../contract';
import type { SynthFault } from '../errors/synth-error';
import { declaredTools, type DeclaredTool } from './tool-manifest';
import { readSource } from './toolset-source';

/** Where a program declares tools whose code it does not have. */
export interface DeclaredPlaces {
  /** Absolute path of a manifest on this machine. */
  readonly manifest?: string;
  /** Tools as a manifest has them, in place of one. */
  readonly tools?: readonly object[];
}

/** What is wrong if they are declared nowhere, or twice. */
export function placeFault({ manifest, tools }: DeclaredPlaces): SynthFault | undefined {
  if ((manifest === undefined) !== (tools === undefined)) return undefined;
  return {
    message: manifest === undefined ? 'neither manifest nor tools are given' : 'manifest and tools are both given',
    remedy: 'Declare the tools in one of the two places, since they are not discovered by running code',
  };
}

/**
 * The tools that are declared.
 *
 * @param place how messages name where
 * @throws SynthError TOOL_MANIFEST_INVALID, PATH_NOT_ABSOLUTE, FILE_UNREADABLE
 */
export function toolsOf(place: string, { manifest, tools }: DeclaredPlaces): readonly DeclaredTool[] {
  const given = { kind: toolsetManifest.kind, version: CONTRACT_VERSION, tools };
  return declaredTools(place, manifest === undefined ? JSON.stringify(given) : readSource(manifest));
}
