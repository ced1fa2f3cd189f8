import { Credentials, Model, type ScriptRule } from 'agentyard';

/** What the support agent answers when no model provider is chosen: real tool calls, a scripted conversation. */
const SCRIPT: ScriptRule[] = [
  {
    when: '(?i)\\bmask|personal data\\b',
    calls: [{ tool: 'privacy', input: { operation: 'mask', text: '{{input}}' } }],
    say: 'With personal data masked it reads: {{result.text}}',
  },
  {
    when: '(?i)\\berrors?|warn|fail|problem\\b',
    calls: [{ tool: 'log_store', input: { operation: 'count' } }],
    say: 'I looked into the logs: {{result}}',
  },
  {
    calls: [{ tool: 'log_store', input: { operation: 'tail', limit: 5 } }],
    say: 'The newest lines of the logs are: {{result}}',
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
