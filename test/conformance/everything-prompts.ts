import {
  acceptedContent,
  completable,
  inputRequired,
  type ContentBlock,
  type GetPromptResult,
  type McpServer,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { IMAGE, text } from './everything-content';

const WORDS = ['paris', 'park', 'party', 'test', 'testing'];
const CONTEXT = z.object({ context: z.string() });

const fromUser = (...contents: ContentBlock[]): GetPromptResult => ({
  messages: contents.map((content) => ({ role: 'user', content })),
});

/** Prompts with arguments, completion, embedded content, and one that asks back. */
export function registerPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments.' }, () =>
    fromUser(text('This is a simple prompt for testing.')),
  );
  const word = (name: string) =>
    completable(z.string().describe(name), (value) => WORDS.filter((known) => known.startsWith(value)));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments.',
      argsSchema: z.object({ arg1: word('First test argument'), arg2: word('Second test argument') }),
    },
    ({ arg1, arg2 }) => fromUser(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A prompt that embeds a resource.',
      argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource to embed') }),
    },
    ({ resourceUri }) => {
      const resource = { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
      return fromUser({ type: 'resource', resource }, text('Please process the embedded resource above.'));
    },
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image.' }, () =>
    fromUser(IMAGE, text('Please analyze the image above.')),
  );
  registerAskingPrompt(server);
}

function registerAskingPrompt(server: McpServer): void {
  const description = 'A prompt that asks the user for its context.';
  server.registerPrompt('test_input_required_result_prompt', { description }, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'user_context', CONTEXT);
    if (given !== undefined) return fromUser(text(`The context is: ${given.context}`));
    const message = 'What context should the prompt use?';
    return inputRequired({
      inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema: CONTEXT }) },
    });
  });
}
