import { z } from 'zod';
import { toolPermission } from './argument-rule';
import { checkArgumentRules } from './argument-rules';
import { documentHead, type DocumentDefinition } from './document';
import { absolutePath, bytes, dnsLabel, environmentName, listen, milliseconds, modulePath, shutdown } from './fields';
import { toolIsolation } from './isolation';
import { toolsetIdentity } from './service-identity';
import { toolDeclaration } from './tool-declaration';

const tool = z
  .strictObject({
    ...toolDeclaration,
    ...toolPermission,
    allowedRoles: toolPermission.allowedRoles.describe(
      'Users for whom it may be called: a list of roles, or `*` for all.',
    ),
    module: modulePath
      .optional()
      .describe(
        'File in the tools directory that exports the tool as a function of its name: an ES module. Absent with a server.',
      ),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal')
      .optional()
      .describe(
        'Hash of the file; another content is not run. Absent for files of an image: what is there at the start.',
      ),
  })
  .superRefine((each, context) => checkArgumentRules(each, context));

const limits = z
  .strictObject({
    timeoutMs: milliseconds.default(30_000).describe('Longest time of one call.'),
    memoryBytes: bytes.default(134_217_728).describe('Resident memory of one call, over its process tree.'),
    maxProcesses: z.int().min(1).max(1000).default(16).describe('Processes of one call, its own included.'),
    outputBytes: bytes.default(1_048_576).describe('Result plus standard output and error of one call.'),
    maxConcurrency: z.int().min(1).max(1000).default(2).describe('Calls that run at once.'),
    warmProcesses: z
      .int()
      .min(0)
      .max(1000)
      .default(1)
      .describe(
        'Processes that have loaded a tool’s code and wait, halted, for one call each; with those of calls that run never ' +
          'more than `maxConcurrency`. None where tools may start processes.',
      ),
    maxQueue: z.int().min(0).max(10_000).default(16).describe('Calls that wait; one more is refused.'),
  })
  .describe('Limits of each call.');

const schema = z
  .strictObject({
    ...documentHead('Toolset'),
    name: dnsLabel,
    namespace: dnsLabel,
    listen,
    identity: toolsetIdentity,
    toolsDirectory: absolutePath.optional().describe('Directory of the tools’ modules; absent with a server.'),
    server: z
      .strictObject({
        command: z.array(z.string().min(1)).min(1).max(100).describe('Program and arguments; no shell reads them.'),
      })
      .optional()
      .describe('A stdio MCP server that has the tools; one process for all calls. Absent: modules have them.'),
    scratchDirectory: absolutePath.describe('Writable directory; each call gets an empty folder in it.'),
    tools: z.array(tool).min(1),
    data: z
      .array(z.strictObject({ name: dnsLabel, path: absolutePath }))
      .default([])
      .describe('Data that the tools may read, by name.'),
    environment: z
      .array(environmentName)
      .default([])
      .describe('Variables of the pod that tools see; no others are passed on.'),
    subprocesses: z.boolean().default(false).describe('Whether tools may start processes.'),
    isolation: toolIsolation.prefault({}),
    limits,
    maxBodyBytes: bytes.default(1_048_576).describe('Largest request body.'),
    shutdown,
  })
  .superRefine((document, context) => {
    checkCode(document, context);
    const tools = new Set(document.tools.map(({ name }) => name));
    document.identity.callers.forEach((caller, i) => {
      for (const list of ['tools', 'ownTools'] as const) {
        caller[list].forEach((name, j) => {
          if (tools.has(name)) return;
          const path = ['identity', 'callers', i, list, j];
          context.addIssue({ code: 'custom', path, message: `no tool "${name}" in $.tools` });
        });
      }
    });
    for (const list of ['tools', 'data'] as const) {
      const seen = new Set<string>();
      document[list].forEach(({ name }, i) => {
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: [list, i, 'name'], message: `"${name}" is listed twice` });
        seen.add(name);
      });
    }
  });

interface CodePlaces {
  readonly toolsDirectory?: string;
  readonly server?: object;
  readonly tools: readonly { readonly module?: string; readonly sha256?: string }[];
}

/** Tools are in modules of a directory, or in a server, and not in both. */
function checkCode({ toolsDirectory, server, tools }: CodePlaces, context: z.core.$RefinementCtx): void {
  const check = (path: PropertyKey[], isThere: boolean, isNeeded: boolean) => {
    if (isThere === isNeeded) return;
    const message = isNeeded ? 'is required where no server has the tools' : 'has no meaning beside a server';
    context.addIssue({ code: 'custom', path, message });
  };
  check(['toolsDirectory'], toolsDirectory !== undefined, server === undefined);
  tools.forEach(({ module, sha256 }, i) => {
    check(['tools', i, 'module'], module !== undefined, server === undefined);
    if (server !== undefined) check(['tools', i, 'sha256'], sha256 !== undefined, false);
  });
}

/** `toolset.json`: the tools that a sandbox runtime serves. */
export const toolsetDocument: DocumentDefinition<typeof schema> = { kind: 'Toolset', file: 'toolset.json', schema };
export type ToolsetDocument = z.output<typeof schema>;
export type ToolsetDocumentInput = z.input<typeof schema>;
