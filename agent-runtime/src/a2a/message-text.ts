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
