import path from 'node:path';
import { modulePath } from '../contract';
import { SynthError, type SynthFault } from '../errors/synth-error';
import { locatedTools } from './tool-manifest';
import { placeFault, toolsOf, type DeclaredPlaces } from './tool-places';
import type { BundledTools } from './toolset-source';

/** An image with a directory of tools. */
export interface ToolImage {
  /** With its tag or digest. */
  readonly reference: string;
  /** Absolute path of the directory in the image. */
  readonly directory: string;
  /** `Always`, `IfNotPresent` or `Never`; absent: as Kubernetes decides by the image's tag. */
  readonly pullPolicy?: string;
  /** What the image runs to copy the directory; source and target follow. */
  readonly copyCommand: readonly string[];
  /** Most that a copy of the directory may take. */
  readonly maxBytes: number;
}

/** What a program declares of the tools in an image. */
export interface ImageDeclaration extends DeclaredPlaces {
  /** File of the tools that name none. */
  readonly entryModule?: string;
}

/** A reference of an image as registries have them: host with port, path, tag, digest. */
const REFERENCE =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/**
 * Checks what is said of an image.
 *
 * @throws SynthError TOOL_IMAGE_INVALID
 */
export function checkToolImage({ reference, directory, copyCommand, maxBytes }: ToolImage): void {
  if (reference.length > 512 || !REFERENCE.test(reference)) {
    throw invalid(reference, {
      message: `"${reference}" is no reference of an image`,
      remedy: 'Give registry, name and digest: registry.example.com/tools@sha256:<64 hexadecimal digits>',
    });
  }
  const isPlain = path.posix.normalize(directory) === directory && (directory === '/' || !directory.endsWith('/'));
  if (!/^\/[^:\0$]*$/.test(directory) || !isPlain) {
    throw invalid(reference, {
      message: `directory is "${directory}"`,
      remedy:
        'Give the absolute path of a directory in the image, without "//", ".", ".." and a "/" at its end: /tools',
    });
  }
  if (copyCommand.length === 0 || copyCommand.includes('')) {
    throw invalid(reference, {
      message: 'copyCommand is empty, or has an empty argument',
      remedy: 'Give a program of the image that copies one directory into another: [ "/bin/cp", "-R" ]',
    });
  }
  if (maxBytes > 0) return;
  throw invalid(reference, { message: 'maxSize is below 1 KiB', remedy: 'Give what the directory takes at most' });
}

/**
 * The tools that are declared of an image. Their code is in the image, so that no hash of it is known.
 *
 * @throws SynthError TOOL_IMAGE_INVALID, TOOL_MANIFEST_INVALID, PATH_NOT_ABSOLUTE, FILE_UNREADABLE
 */
export function toolsOfImage({ reference }: ToolImage, declaration: ImageDeclaration): BundledTools {
  const fault = placeFault(declaration);
  if (fault !== undefined) throw invalid(reference, fault);
  const place = declaration.manifest ?? reference;
  const located = locatedTools(place, toolsOf(place, declaration), declaration.entryModule);
  return { tools: located.map((tool) => ({ ...tool, module: moduleOf(reference, tool.module) })), modules: {} };
}

function moduleOf(reference: string, given: string): string {
  const module = path.posix.normalize(given);
  if (modulePath.safeParse(module).success) return module;
  throw invalid(reference, {
    message: `"${given}" is no module of its directory`,
    remedy: 'Give the path of an ES module below the directory, built to .mjs or .js: index.mjs',
  });
}

function invalid(reference: string, fault: SynthFault): SynthError {
  return new SynthError('TOOL_IMAGE_INVALID', `ToolSource.fromImage(${reference})`, fault);
}
