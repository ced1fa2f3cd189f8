import type { Part } from '@a2a-js/sdk';
import { ContentTypeNotSupportedError, RequestMalformedError } from '@a2a-js/sdk/errors';

/**
 * The text of a message.
 *
 * @throws ContentTypeNotSupportedError for parts of another kind, RequestMalformedError if it is empty
 */
export function textOf(parts: readonly Part[]): string {
  const texts = parts.map(({ content }) => {
    if (content?.$case !== 'text') throw new ContentTypeNotSupportedError('The agent takes text alone.');
    return content.value;
  });
  const text = texts.join('\n');
  if (text === '') throw new RequestMalformedError('The message has no text.');
  return text;
}

/**
 * Refuses parts that the SDK would not read, or read as something else.
 *
 * @param params of a request, whatever its method
 * @throws RequestMalformedError
 */
export function refuseOddParts(params: unknown): void {
  const { message } = (isObject(params) ? params : {}) as { readonly message?: unknown };
  const { parts = [] } = (isObject(message) ? message : {}) as { readonly parts?: unknown };
  const isOdd = (part: unknown): boolean => !isObject(part) || !['string', 'undefined'].includes(typeof part.text);
  if (!Array.isArray(parts) || parts.some(isOdd)) {
    throw new RequestMalformedError('message.parts must be a list of objects, whose text is a text.');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
