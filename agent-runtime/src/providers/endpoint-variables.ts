/** Variables by which the SDKs of providers are sent to another host than the one that the document stands for. */
const ENDPOINT_VARIABLES = [
  'ANTHROPIC_BASE_URL',
  'OPENAI_BASE_URL',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_BEDROCK_RUNTIME',
] as const;

/**
 * Removes from the environment of this process what would overrule the document: the SDKs read it on their own, some
 * of them at each request.
 *
 * @returns the variables that were set
 */
export function dropEndpointVariables(environment: NodeJS.ProcessEnv = process.env): string[] {
  const dropped = ENDPOINT_VARIABLES.filter((name) => environment[name] !== undefined);
  for (const name of dropped) delete environment[name];
  return dropped;
}
