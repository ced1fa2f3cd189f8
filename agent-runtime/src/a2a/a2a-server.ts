import type { ServerResponse } from 'node:http';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { VersionNotSupportedError } from '@a2a-js/sdk/errors';
import { JsonRpcTransportHandler, ServerCallContext } from '@a2a-js/sdk/server';
import { HttpProblem, interruptionOf, sendJson, SseWriter } from '@agentyard/runtime-kit';
import { A2A_VERSIONS } from 'agentyard/contract';
import type { Agent } from '../agent-loop.js';
import { refuseOddParts } from './message-text.js';
import { TaskRequests } from './task-requests.js';
import { TaskRuns, type TaskCall } from './task-runs.js';

/** How often old tasks are looked for, in milliseconds. */
const SWEEP_MS = 60_000;

type Message = Readonly<Record<string, unknown>>;
type Answers = AsyncGenerator<unknown, void, undefined>;

/** An agent as a server of A2A, over the SDK's reading and writing of both versions. */
export class A2aServer {
  private readonly runs: TaskRuns;
  private readonly sweep: NodeJS.Timeout;

  public constructor(agent: Agent) {
    this.runs = new TaskRuns(agent);
    this.sweep = setInterval(() => this.runs.shelf.dropOld(), SWEEP_MS).unref();
  }

  /**
   * Answers one JSON-RPC request, with JSON or, where its method asks for it, with events.
   *
   * @param version as the client names it; absent: the oldest
   */
  public async answer(message: Message, version: string, call: TaskCall, response: ServerResponse): Promise<void> {
    const errorOf = version === '0.3' ? oldErrorOf : newErrorOf;
    const fail = (error: unknown) => ({ jsonrpc: '2.0', id: idOf(message), error: errorOf(error) });
    if (!A2A_VERSIONS.some((known) => known === version)) {
      const text = `A2A ${version} is not spoken here; ${A2A_VERSIONS.join(' and ')} are.`;
      return sendJson(response, 200, fail(new VersionNotSupportedError(text)));
    }
    try {
      refuseOddParts(message.params);
    } catch (error) {
      return sendJson(response, 200, fail(error));
    }
    const requests = new TaskRequests(this.runs, call);
    const transport =
      version === '0.3' ? new LegacyJsonRpcTransportHandler(requests) : new JsonRpcTransportHandler(requests);
    const answer = await transport.handle({ ...message }, new ServerCallContext({ requestedVersion: version }));
    call.signal.throwIfAborted();
    if (Symbol.asyncIterator in answer) return stream(answer, call, response, fail);
    sendJson(response, 200, answer);
  }

  public close(): void {
    clearInterval(this.sweep);
    this.runs.close();
  }
}

/** What fails before the first event is answered as JSON. */
async function stream(
  answers: Answers,
  { signal }: TaskCall,
  response: ServerResponse,
  fail: (error: unknown) => unknown,
): Promise<void> {
  let first: IteratorResult<unknown, void>;
  try {
    first = await answers.next();
  } catch (error) {
    return sendJson(response, 200, fail(error));
  }
  const writer = new SseWriter(response);
  try {
    if (first.done !== true) writer.write('message', JSON.stringify(first.value));
    for await (const answer of answers) writer.write('message', JSON.stringify(answer));
    const interruption = interruptionOf(signal);
    if (interruption !== undefined) throw interruption;
  } catch (error) {
    writer.write('message', JSON.stringify(fail(error)));
  }
  writer.end();
}

function idOf({ id }: Message): string | number | null {
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function newErrorOf(error: unknown): unknown {
  return JsonRpcTransportHandler.mapToJSONRPCError(worded(error));
}

function oldErrorOf(error: unknown): unknown {
  return LegacyJsonRpcTransportHandler.mapToLegacyJSONRPCError(worded(error));
}

function worded(error: unknown): unknown {
  return error instanceof HttpProblem ? new Error(error.detail ?? error.toProblem('').title) : error;
}
