import type { Logger } from '@agentyard/runtime-kit';
import { ContractError, type ModelConfig } from 'agentyard/contract';

/** What a provider is made with beside its configuration. */
export interface ProviderContext {
  readonly environment: NodeJS.ProcessEnv;
  /** All requests of a provider go through it. */
  readonly fetch: typeof globalThis.fetch;
  readonly log: Logger;
}

export type ConfigOf<Provider extends ModelConfig['provider']> = Extract<ModelConfig, { provider: Provider }>;

/**
 * The API key of the variable that the document names; absent if it names none.
 *
 * @throws ContractError naming the variable if it is missing or empty
 */
export function apiKeyOf(
  { apiKeyEnv }: { readonly apiKeyEnv?: string },
  { environment }: ProviderContext,
): string | undefined {
  if (apiKeyEnv === undefined) return undefined;
  const key = environment[apiKeyEnv]?.trim();
  if (key) return key;
  const remedy = 'put the key into the Secret that sets it, or name another variable';
  throw refusal(`the environment variable ${apiKeyEnv} is missing or empty; ${remedy}`);
}

/** How a hosted API is authenticated. */
export interface HostedAccess {
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
}

/**
 * Access to an API that needs a key. Only an endpoint of the platform's own (`baseUrl`) may do without one; then
 * `keyHeader` is not sent at all. Keys in variables that the document does not name are never used.
 *
 * @throws ContractError if the key is missing
 */
export function hostedAccess(
  config: { readonly apiKeyEnv?: string; readonly baseUrl?: string },
  context: ProviderContext,
  keyHeader: string,
): HostedAccess {
  const apiKey = apiKeyOf(config, context);
  if (apiKey !== undefined) return { apiKey, fetch: context.fetch };
  if (config.baseUrl === undefined) {
    throw refusal('absent, but the provider needs an API key; name the environment variable that holds it');
  }
  return { apiKey: '', fetch: withoutHeader(context.fetch, keyHeader) };
}

function withoutHeader(fetch: typeof globalThis.fetch, name: string): typeof globalThis.fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.delete(name);
    return fetch(input, { ...init, headers });
  };
}

function refusal(message: string): ContractError {
  return new ContractError('agent.json', [{ path: '$.model.apiKeyEnv', message }]);
}
