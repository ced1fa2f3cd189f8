import { OutputValidators } from '../src/output-validators';

const schemaOf = (type: string) => ({ type: 'object', properties: { value: { type } }, required: ['value'] });

describe('OutputValidators', () => {
  it('compiles a schema once, however often it is listed', () => {
    const validators = new OutputValidators();
    const first = validators.getValidator(schemaOf('string'));
    expect(validators.getValidator(schemaOf('string'))).toBe(first);
    const other = validators.getValidator(schemaOf('number'));
    expect([first({ value: 'a' }).valid, other({ value: 'a' }).valid]).toEqual([true, false]);
  });
});
