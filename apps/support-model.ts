import { Credentials, Model, type ScriptCall, type ScriptRule } from 'agentyard';

/** Reads the newest line that fits, and masks it. */
function newestLine(filter: Record<string, string>): ScriptCall[] {
  return [
    { tool: 'log_store', input: { operation: 'tail', limit: 1, ...filter } },
    { tool: 'privacy', input: { operation: 'mask', text: '{{result.lines[0].text}}' } },
  ];
}

/** What the support agent answers when no model provider is chosen: real tool calls, a scripted conversation. */
const SCRIPT: ScriptRule[] = [
  {
    when: '(?i)\\b(mask|personal data)\\b',
    calls: [{ tool: 'privacy', input: { operation: 'mask', text: '{{input}}' } }],
    say: 'With personal data masked it reads: {{result.text}}',
  },
  {
    when: '(?i)\\b(how many|count|are there|errors? or warnings?)\\b',
    calls: [{ tool: 'log_store', input: { operation: 'count' } }],
    say: 'I counted the lines of the logs by level. {{result.summary}}',
  },
  {
    when: '(?i)\\b(errors?|fail(ed|ure|ures)?|problems?)\\b',
    calls: newestLine({ level: 'error' }),
    say: 'The newest error, with personal data masked: {{result.text}}',
  },
  {
    calls: newestLine({}),
    say: 'The newest line of the logs, with personal data masked: {{result.text}}',
  },
];

/**
 * The support agent's model.
 *
 * @param provider `anthropic` or `openai`, whose key is then expected in a Secret; absent: the script
 */
export function supportModel(provider: string | undefined): Model {
  switch (provider) {
    case undefined:
    case '':
    case 'scripted':
      return Model.scripted(SCRIPT);
    case 'anthropic':
      return Model.anthropic('claude-sonnet-4-5', { credentials: Credentials.fromSecretName('anthropic-credentials') });
    case 'openai':
      return Model.openai('gpt-5-mini', { credentials: Credentials.fromSecretName('openai-credentials') });
    default:
      throw new Error(`FABRIC_PROVIDER is "${provider}"; use anthropic, openai or scripted`);
  }
}
