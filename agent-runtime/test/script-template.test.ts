import fc from 'fast-check';
import { fillStrings, fillTemplate } from '../src/script-template';

const structured = { days: [{ high: 21 }, { note: 'rain' }], 'wind-speed': 3.5, none: null };
const values = { input: 'Oslo {{result}}', result: { text: 'Sunny.', structured } };

describe('fillTemplate', () => {
  it.each([
    ['{{input}}', 'Oslo {{result}}'],
    ['{{ input }} is {{result}}', 'Oslo {{result}} is Sunny.'],
    ['{{result.days[0].high}}', '21'],
    ['{{result.days[1].note}}', 'rain'],
    ['{{result.days[1]}}', '{"note":"rain"}'],
    ['{{result.wind-speed}}', '3.5'],
    ['{{result.none}}', 'null'],
    ['{{result.days[2].high}}', '[no value at result.days[2].high]'],
    ['{{result.days.length}}', '[no value at result.days.length]'],
    ['{{result.toString}}', '[no value at result.toString]'],
    ['{{result.none.deeper}}', '[no value at result.none.deeper]'],
    ['{{other}} {{input', '{{other}} {{input'],
  ])('renders %s', (template, text) => {
    expect(fillTemplate(template, values)).toBe(text);
  });

  it('says what is missing before the first result', () => {
    expect(fillTemplate('{{result}}', { input: '' })).toBe('[no value at result]');
    expect(fillTemplate('{{result.a}}', { input: '', result: { text: '{"a":1}' } })).toBe('[no value at result.a]');
  });

  it('inserts any text as it is', () => {
    fc.assert(fc.property(fc.string(), (input) => expect(fillTemplate('<{{input}}>', { input })).toBe(`<${input}>`)));
  });

  it('leaves text without placeholders as it is', () => {
    const text = fc.string().filter((candidate) => !candidate.includes('{{'));
    fc.assert(fc.property(text, (template) => expect(fillTemplate(template, values)).toBe(template)));
  });
});

describe('fillStrings', () => {
  it('fills in every string and nothing else', () => {
    const input = { city: '{{result.days[1].note}}', list: ['{{result}}', 1, null], nested: { '{{input}}': true } };
    expect(fillStrings(input, values)).toEqual({
      city: 'rain',
      list: ['Sunny.', 1, null],
      nested: { '{{input}}': true },
    });
  });
});
