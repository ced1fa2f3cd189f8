import type { Load, Logger, Metrics } from '@agentyard/runtime-kit';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ToolsetDocument, UnmetRule } from 'agentyard/contract';
import { Admission, Overloaded, type Place } from './admission.js';
import { describeFailure } from './call-outcome.js';
import { CallRecords, sizeOf } from './call-records.js';
import { PeerError, PeerGone } from './stdio-peer.js';
import type { DenialReason } from './tool-access.js';
import { failed, refuse, type Patience, type ToolCallEnd, type ToolCalls, type Verdict } from './tool-calls.js';
import { serverResultOf } from './tool-result.js';
import type { ToolSchemas } from './tool-schemas.js';
import type { ToolServer } from './tool-server.js';

type Tool = ToolsetDocument['tools'][number];

/** What the runner of a server's tools works with. */
export interface ServerRunnerParts {
  readonly document: ToolsetDocument;
  readonly server: ToolServer;
  readonly schemas: ToolSchemas;
  readonly metrics: Metrics;
}

/** Why a call is no longer waited for. */
class OutOfTime extends Error {}

/** Runs calls of tools that a stdio MCP server has: one process for all of them, at once. */
export class ServerRunner implements ToolCalls {
  private readonly admission: Admission;
  private readonly records: CallRecords;

  public constructor(private readonly parts: ServerRunnerParts) {
    const { maxConcurrency, maxQueue } = parts.document.limits;
    this.admission = new Admission(maxConcurrency, maxQueue);
    this.records = new CallRecords(parts.metrics);
  }

  public get load(): Load {
    return this.admission.load;
  }

  public async call(tool: Tool, input: unknown, patience: Patience, log: Logger): Promise<ToolCallEnd> {
    const started = performance.now();
    const verdict = await this.decide(tool, input, patience, started + patience.leftMs).catch((error: unknown) =>
      failed(error, log),
    );
    return this.records.ended(tool.name, input, verdict, started, log);
  }

  public deny(name: string, reason: DenialReason, log: Logger): void {
    this.records.denied(name, reason, log);
  }

  public refuseArguments(tool: string, unmet: readonly UnmetRule[], log: Logger): CallToolResult {
    return this.records.argumentsRefused(tool, unmet, log);
  }

  /** Calls that run end with the server. */
  public async close(): Promise<void> {
    await this.parts.server.close();
  }

  /** @param until when the caller has gone, on the clock of `performance.now()` */
  private async decide(tool: Tool, input: unknown, patience: Patience, until: number): Promise<Verdict> {
    const { document, schemas, server } = this.parts;
    if (server.problems.length > 0) {
      return refuse('not-ready', `The toolset ${document.name} is not ready: ${server.problems.join('; ')}.`);
    }
    const faults = schemas.inputFaults(tool.name, input);
    if (faults.length > 0) {
      return refuse('invalid-arguments', `The arguments do not fit the tool's input schema:\n${faults.join('\n')}`);
    }
    let place: Place;
    try {
      place = await this.admission.enter(patience.signal, until - performance.now());
    } catch (error) {
      if (!(error instanceof Overloaded)) return refuse('cancelled', describeFailure({ kind: 'cancelled' }));
      return refuse(
        'overloaded',
        `The toolset ${document.name} is overloaded; the call was not started and may be retried.`,
      );
    }
    try {
      return await this.run(tool, input, patience, until - performance.now());
    } finally {
      place.leave();
    }
  }

  private async run(tool: Tool, input: unknown, { signal, onProgress }: Patience, leftMs: number): Promise<Verdict> {
    const { schemas, server, document } = this.parts;
    const { outputBytes, timeoutMs } = document.limits;
    const limit = Math.max(1, Math.floor(Math.min(timeoutMs, leftMs)));
    const time = new AbortController();
    const timer = setTimeout(() => time.abort(new OutOfTime()), limit);
    try {
      const options = { signal: AbortSignal.any([signal, time.signal]), onProgress };
      const answer = await server.call(tool.name, input, options);
      if ((sizeOf(answer) ?? Infinity) > outputBytes) {
        return refuse('output', describeFailure({ kind: 'output', limit: outputBytes }));
      }
      const result = serverResultOf(schemas, tool.name, answer);
      return { outcome: result.isError === true ? 'tool-error' : 'ok', result };
    } catch (error) {
      return verdictOf(error as Error, signal, limit);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** @throws what is no end of a call */
function verdictOf(error: Error, signal: AbortSignal, limit: number): Verdict {
  if (error instanceof OutOfTime) return refuse('timeout', describeFailure({ kind: 'timeout', limit }));
  if (signal.aborted) return refuse('cancelled', describeFailure({ kind: 'cancelled' }));
  if (error instanceof PeerGone) return refuse('crashed', describeFailure({ kind: 'crashed', detail: error.message }));
  if (error instanceof PeerError) return refuse('tool-error', `The server refused the call: ${error.message}`);
  throw error;
}
