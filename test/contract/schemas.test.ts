import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { publishedSchemas } from 'agentyard/contract';
import { goldenDocument } from './golden';

const DIRECTORY = path.join(__dirname, '../../lib/contract/schemas');
const read = (file: string): object => JSON.parse(readFileSync(path.join(DIRECTORY, file), 'utf8')) as object;

describe('published JSON Schemas', () => {
  it('are what the contract says; npm run generate writes them', () => {
    const expected = publishedSchemas();
    expect(readdirSync(DIRECTORY).sort()).toEqual(Object.keys(expected).sort());
    for (const [file, schema] of Object.entries(expected))
      expect(read(file)).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it.each(['gateway', 'agent', 'toolset', 'egress-proxy'])(
    '%s.schema.json accepts the golden document and refuses an unknown key',
    (name) => {
      const validate = new Ajv2020({ strict: false, formats: { 'date-time': true, uri: true } }).compile(
        read(`${name}.schema.json`),
      );
      const document = goldenDocument(name);
      expect([validate(document), validate.errors]).toEqual([true, null]);
      expect(validate({ ...document, surprise: 1 })).toBe(false);
    },
  );
});
