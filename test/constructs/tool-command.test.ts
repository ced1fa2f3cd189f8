import { Size } from 'cdk8s';
import { EnvValue } from 'cdk8s-plus-29';
import { ToolSource, type ToolsetProps } from 'agentyard';
import { parseDocument, toolsetDocument } from 'agentyard/contract';
import { Program, type Manifest } from './program';

const declared = { name: 'search', description: 'Searches.', inputSchema: { type: 'object' } };
const command = ['node', '/opt/server/main.mjs', '--read-only'];

function synthesized(props: Partial<ToolsetProps> = {}): { pod: Manifest; document: Manifest; objects: string[] } {
  const program = new Program();
  program.toolset('search', {
    source: ToolSource.command(command, { tools: [declared] }),
    image: 'registry.example.com/search-sandbox:1',
    ...props,
  });
  const objects = program.synth();
  const of = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const text = of('ConfigMap', 'search-config').data['toolset.json'] as string;
  parseDocument(toolsetDocument, text);
  return {
    pod: of('Deployment', 'search').spec.template.spec,
    document: JSON.parse(text),
    objects: objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  };
}

describe('the tools of a stdio MCP server', () => {
  it('are declared in the document, with the command and without code', () => {
    const { document, pod, objects } = synthesized();
    expect(document.server).toEqual({ command });
    expect(document.tools).toEqual([{ ...declared, allowedRoles: '*' }]);
    expect(document).not.toHaveProperty('toolsDirectory');
    expect(objects).not.toContain('ConfigMap search-tools');
    expect(pod.volumes.map(({ name }: Manifest) => name)).toEqual(['config', 'scratch', 'trust-bundle']);
    expect(pod.containers[0].image).toBe('registry.example.com/search-sandbox:1');
    expect(pod.initContainers).toBeUndefined();
  });

  it('take memory once, however many calls run at once', () => {
    expect(() => synthesized({ maxConcurrency: 50 })).not.toThrow();
    expect(() => synthesized({ memoryLimit: Size.mebibytes(400) })).toThrow('[MEMORY_OVERCOMMITTED]');
  });

  it('see the variables that are named', () => {
    const { document } = synthesized({ env: { REGION: EnvValue.fromValue('eu') }, toolEnvironment: ['REGION'] });
    expect(document.environment).toEqual(['REGION']);
  });
});
