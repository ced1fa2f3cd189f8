import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type InputRequest,
  type InputRequests,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { textResult } from './everything-content';

type Request = ServerContext['mcpReq'];
type ElicitationSchema = Parameters<typeof inputRequired.elicit>[0]['requestedSchema'];

/** What a call has to remember until the client has answered. */
interface RoundState {
  readonly name?: string;
}

/** Signs what a call remembers, since clients carry it. */
export const ROUND_STATE = createRequestStateCodec<RoundState>({ key: randomBytes(32) });

const NAME = z.object({ name: z.string() });
const COLOR = z.object({ color: z.string() });
const CONFIRMATION = z.object({ ok: z.boolean() });

const elicit = (message: string, requestedSchema: ElicitationSchema): InputRequest =>
  inputRequired.elicit({ message, requestedSchema });

const sample = (question: string, maxTokens: number): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: question } }], maxTokens });

/**
 * Tools that need something of the client. To clients of 2026-07-28 they return what they need; those of earlier
 * revisions are asked by requests, which the SDK makes of the same results.
 */
export function registerInputs(server: McpServer): void {
  registerElicitations(server);
  registerSamplings(server);
  registerRounds(server);
  registerRoots(server);
  registerChoice(server);
}

function registerElicitations(server: McpServer): void {
  for (const name of ['test_input_required_result_elicitation', 'test_streaming_elicitation']) {
    server.registerTool(name, { description: 'Greets the user, whose name it asks for.' }, async ({ mcpReq }) => {
      await mcpReq.log('info', 'Tool execution started');
      const given = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
      if (given !== undefined) return textResult(`Hello, ${given.name}!`);
      return inputRequired({ inputRequests: { user_name: elicit('What is your name?', NAME) } });
    });
  }
}

function registerSamplings(server: McpServer): void {
  for (const name of ['test_input_required_result_sampling', 'test_missing_capability']) {
    server.registerTool(name, { description: 'Asks the client’s model for a capital.' }, ({ mcpReq }) =>
      answerBySampling(mcpReq, 'capital_question', 'What is the capital of France?'),
    );
  }
  server.registerTool(
    'test_sampling',
    { description: 'Asks the client’s model.', inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }, { mcpReq }) => answerBySampling(mcpReq, 'answer', prompt),
  );
}

function answerBySampling({ inputResponses }: Request, key: string, question: string) {
  const given = inputResponse(inputResponses, key);
  if (given.kind !== 'sampling') return inputRequired({ inputRequests: { [key]: sample(question, 100) } });
  return textResult(`LLM response: ${JSON.stringify(given.result.content)}`);
}

/** Tools whose calls take more than one round, and remember something. */
function registerRounds(server: McpServer): void {
  for (const name of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state']) {
    server.registerTool(name, { description: 'Remembers that it has asked.' }, async ({ mcpReq }) => {
      const given = acceptedContent(mcpReq.inputResponses, 'confirm', CONFIRMATION);
      if (given !== undefined && mcpReq.requestState() !== undefined) return textResult('state-ok');
      return inRound({}, { confirm: elicit('Please confirm', CONFIRMATION) });
    });
  }
  const description = 'Asks for a name, then for a color.';
  server.registerTool('test_input_required_result_multi_round', { description }, ({ mcpReq }) => {
    const { name } = mcpReq.requestState<RoundState>() ?? {};
    const first = acceptedContent(mcpReq.inputResponses, 'step1', NAME);
    const second = acceptedContent(mcpReq.inputResponses, 'step2', COLOR);
    if (name !== undefined && second !== undefined) return textResult(`${name} likes ${second.color}.`);
    const known = name ?? first?.name;
    if (known === undefined) return inRound({}, { step1: elicit('Step 1: What is your name?', NAME) });
    return inRound({ name: known }, { step2: elicit('Step 2: What is your favorite color?', COLOR) });
  });
}

async function inRound(state: RoundState, inputRequests: InputRequests) {
  return inputRequired({ inputRequests, requestState: await ROUND_STATE.mint(state) });
}

function registerRoots(server: McpServer): void {
  const description = 'Returns the client’s roots.';
  server.registerTool('test_input_required_result_list_roots', { description }, ({ mcpReq }) => {
    const given = inputResponse(mcpReq.inputResponses, 'client_roots');
    if (given.kind === 'roots') return textResult(given.roots.map(({ uri }) => uri).join('\n'));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
}

/** Tools that ask for several things at once: for all, or for those that the client can give. */
function registerChoice(server: McpServer): void {
  const questions = {
    elicitation: ['user_name', elicit('What is your name?', NAME)],
    sampling: ['greeting', sample('Generate a greeting', 50)],
    roots: ['client_roots', inputRequired.listRoots()],
  } as const;
  const all = Object.fromEntries(Object.values(questions));
  server.registerTool('test_input_required_result_multiple_inputs', { description: 'Asks thrice.' }, ({ mcpReq }) => {
    const given = Object.keys(all).map((key) => inputResponse(mcpReq.inputResponses, key));
    const isComplete = given.every(({ kind }) => kind !== 'missing');
    return isComplete ? textResult(JSON.stringify(given)) : inRound({}, all);
  });
  const description = 'Asks for what the client can give.';
  server.registerTool('test_input_required_result_capabilities', { description }, ({ mcpReq }) => {
    const capabilities = server.server.getClientCapabilities() ?? {};
    const possible = Object.entries(questions).filter(([name]) => Object.hasOwn(capabilities, name));
    const asked = Object.fromEntries(possible.map(([, question]) => question));
    const given = Object.keys(asked).map((key) => inputResponse(mcpReq.inputResponses, key));
    const isComplete = given.every(({ kind }) => kind !== 'missing');
    return isComplete ? textResult(JSON.stringify(given)) : inputRequired({ inputRequests: asked });
  });
}
