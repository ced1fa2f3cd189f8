import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { knownFields } from './kubernetes-api';

const MANIFESTS = path.join(__dirname, 'golden/fabric');

const objects = readdirSync(MANIFESTS).flatMap((file) =>
  parseAllDocuments(readFileSync(path.join(MANIFESTS, file), 'utf8')).map((document) => document.toJS()),
);

describe('every field of the golden manifests is one that Kubernetes has', () => {
  it.each(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]))('%s', (_, object) => {
    const { kind, apiVersion, ...props } = object;
    expect(typeof apiVersion).toBe('string');
    expect(knownFields(kind as string, props)).toEqual(props);
  });

  it('and an unknown one would be seen', () => {
    expect(knownFields('Service', { spec: { selectors: { app: 'x' } } })).toEqual({ spec: {} });
  });
});
