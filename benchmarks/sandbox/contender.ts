import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLogger, Metrics } from '../../runtime-kit/src';
import { eventually } from '../../runtime-kit/test/test-resources';
import { sandboxTools } from '../../sandbox-runtime/src/sandbox';
import { isHalted, processesOf, SandboxFixture } from '../../sandbox-runtime/test/sandbox-fixture';
import { parseDocument, toolsetDocument } from 'agentyard/contract';
import { TOOL, type Sum } from './bench-tool';

/** What calls the tool of the bench. */
export interface Contender {
  call(input: Sum): Promise<unknown>;
  /** Waits until as many processes wait as may. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

/** The function itself, in this process. */
export async function inProcess(): Promise<Contender> {
  const fixture = await SandboxFixture.create();
  await writeTool(fixture, 0, 1);
  const file = path.join(fixture.root, 'tools', TOOL.file);
  const tools = (await import(pathToFileURL(file).href)) as Record<string, (input: Sum) => Promise<unknown>>;
  return { call: tools[TOOL.name]!, rest: () => Promise.resolve(), stop: () => fixture.close() };
}

/**
 * A sandbox, as its endpoints call it: with checked arguments and results, limits and a line in the log.
 *
 * @param warm how many processes wait for a call
 * @param most how many calls run at once
 */
export async function sandbox(warm: number, most: number): Promise<Contender> {
  const fixture = await SandboxFixture.create();
  await writeTool(fixture, warm, most);
  const text = await readFile(path.join(fixture.root, toolsetDocument.file), 'utf8');
  const document = parseDocument(toolsetDocument, text);
  const log = createLogger({ component: 'sandbox', name: 'bench', namespace: 'bench' }, { write: () => undefined });
  const context = { document, log, overlay: undefined, metrics: new Metrics() };
  const { runner, code } = await sandboxTools(context, fixture.childProgram);
  await code.run((module) => runner.list(module));
  if (code.problems.length > 0) throw new Error(code.problems.join('; '));
  runner.keepWarm();
  const patience = { signal: new AbortController().signal, leftMs: Infinity };
  return {
    call: async (input) => (await runner.call(document.tools[0]!, input, patience, log)).result.structuredContent,
    rest: async () => {
      await eventually(async () => {
        const children = await processesOf(fixture.childProgram);
        return children.length === warm && children.every(isHalted);
      });
    },
    stop: async () => {
      await runner.close();
      await fixture.close();
    },
  };
}

function writeTool(fixture: SandboxFixture, warmProcesses: number, maxConcurrency: number): Promise<void> {
  const { name, file, code, inputSchema, outputSchema } = TOOL;
  const tools = [{ name, module: file, inputSchema, outputSchema }];
  const limits = { warmProcesses, maxConcurrency, maxQueue: 1000 };
  return fixture.write({ modules: { [file]: code }, tools }, { limits });
}
