import { inputRequired, inputResponse, type McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { textResult } from './everything-content';

type Request = ServerContext['mcpReq'];
type FormSchema = Parameters<typeof inputRequired.elicit>[0]['requestedSchema'];

const USER = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
} satisfies FormSchema;

/** A default for each primitive type (SEP-1034). */
const DEFAULTS = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
} satisfies FormSchema;

const titled = (value: string, title: string) => ({ const: value, title });

/** Each form of a choice (SEP-1330). */
const CHOICES = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: {
      type: 'string',
      oneOf: [titled('value1', 'First Option'), titled('value2', 'Second Option'), titled('value3', 'Third Option')],
    },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
    titledMulti: {
      type: 'array',
      items: {
        anyOf: [titled('value1', 'First Choice'), titled('value2', 'Second Choice'), titled('value3', 'Third Choice')],
      },
    },
  },
} satisfies FormSchema;

/** Tools that show the user a form, and return what became of it. */
export function registerForms(server: McpServer): void {
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user.', inputSchema: z.object({ message: z.string() }) },
    ({ message }, { mcpReq }) => showForm(mcpReq, message, USER),
  );
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'A form with defaults.' }, ({ mcpReq }) =>
    showForm(mcpReq, 'Please check these values', DEFAULTS),
  );
  server.registerTool('test_elicitation_sep1330_enums', { description: 'A form with choices.' }, ({ mcpReq }) =>
    showForm(mcpReq, 'Please choose', CHOICES),
  );
}

function showForm({ inputResponses }: Request, message: string, requestedSchema: FormSchema) {
  const given = inputResponse(inputResponses, 'form');
  if (given.kind !== 'elicit') {
    return inputRequired({ inputRequests: { form: inputRequired.elicit({ message, requestedSchema }) } });
  }
  return textResult(`Elicitation completed: action=${given.action}, content=${JSON.stringify(given.content ?? {})}`);
}
