import { generateText, streamText } from 'ai';
import { createLogger } from '@agentyard/runtime-kit';
import fc from 'fast-check';
import { loadModel } from '../src/providers/index';

const log = createLogger({ component: 'agent', name: 'guide', namespace: 'tests' });
const context = { environment: {}, fetch: globalThis.fetch, log };

describe('the scripted model', () => {
  it('gives the same text and usage at once and in a stream', async () => {
    const model = await loadModel(
      { provider: 'scripted', rules: [{ when: '^a+b', steps: [{ say: 'You said: {{input}}!' }] }] },
      context,
    );
    const whole = await generateText({ model, prompt: 'aab  and more' });
    const streamed = streamText({ model, prompt: 'aab  and more' });
    expect(await streamed.text).toBe('You said: aab  and more!');
    expect(whole.text).toBe('You said: aab  and more!');
    expect(whole.usage).toMatchObject({ inputTokens: 3, outputTokens: 5, totalTokens: 8 });
    expect(await streamed.usage).toEqual(whole.usage);
  });

  it('ends where its answer may be no longer, and says so', async () => {
    const model = await loadModel({ provider: 'scripted', rules: [{ steps: [{ say: 'one two  three' }] }] }, context);
    const cut = await generateText({ model, prompt: 'Count.', maxOutputTokens: 2 });
    expect(cut).toMatchObject({ text: 'one two', finishReason: 'length', usage: { outputTokens: 2 } });
    expect(await generateText({ model, prompt: 'Count.', maxOutputTokens: 3 })).toMatchObject({
      text: 'one two  three',
      finishReason: 'stop',
    });
  });

  it('plays the first rule that matches the last user message', async () => {
    const rules = [
      { when: '^weather', steps: [{ say: 'first' }] },
      { when: 'weather', steps: [{ say: 'second' }] },
      { steps: [{ say: 'any' }] },
    ];
    const model = await loadModel({ provider: 'scripted', rules }, context);
    const ask = async (...messages: string[]) => {
      const history = messages.map((content) => ({ role: 'user' as const, content }));
      return (await generateText({ model, messages: history })).text;
    };
    expect(await ask('weather?')).toBe('first');
    expect(await ask('the weather?')).toBe('second');
    expect(await ask('weather?', 'something else')).toBe('any');
  });

  it('streams every text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (say) => {
        const model = await loadModel({ provider: 'scripted', rules: [{ steps: [{ say: '{{input}}' }] }] }, context);
        expect(await streamText({ model, prompt: say }).text).toBe(say);
      }),
      { numRuns: 50 },
    );
  });
});
