import fc from 'fast-check';
import { failedResult, MAX_RESULT_CHARACTERS, modelOutputOf, resultOf } from '../src/tool-result';

describe('resultOf', () => {
  it('names what is not text', () => {
    const result = resultOf({
      content: [
        { type: 'text', text: 'See:' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
        { type: 'resource_link', uri: 'file:///a.txt', name: 'a' },
        { type: 'resource', resource: { uri: 'file:///b.txt', text: 'inside' } },
        { type: 'resource', resource: { uri: 'file:///c.bin', blob: 'AAAA' } },
      ],
    });
    const lines = [
      'See:',
      '[image image/png, not shown]',
      '[audio audio/wav, not shown]',
      '[link file:///a.txt]',
      'inside',
    ];
    expect(result).toEqual({
      text: [...lines, '[resource file:///c.bin, not shown]'].join('\n'),
      structured: undefined,
      isError: false,
    });
  });

  it('shows structured content as JSON when there is nothing else', () => {
    const result = resultOf({ content: [], structuredContent: { a: [1] } });
    expect(result).toEqual({ text: '{"a":[1]}', structured: { a: [1] }, isError: false });
    expect(modelOutputOf(result)).toMatchObject({ type: 'text', value: '{"a":[1]}' });
  });

  it('keeps a text of the longest length whole', () => {
    const text = 'x'.repeat(MAX_RESULT_CHARACTERS);
    expect(resultOf({ content: [{ type: 'text', text }] }).text).toBe(text);
  });

  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), (offset) => {
        const text = 'x'.repeat(MAX_RESULT_CHARACTERS - offset) + '😀'.repeat(10);
        const cut = failedResult(text).text;
        expect(Buffer.from(cut).toString()).toBe(cut);
      }),
    );
  });
});
