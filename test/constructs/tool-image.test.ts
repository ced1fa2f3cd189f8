import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Size } from 'cdk8s';
import { ImagePullPolicy } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { ClusterProfile, ToolSource, type ToolImageOptions, type ToolsetProps } from 'agentyard';
import { directoryWith } from './bad-input/temporary-directory';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const IMAGE = `registry.example.com:5000/teams/log-tools@${DIGEST}`;
const declared = { name: 'log_store', description: 'Reads logs.', inputSchema: { type: 'object' } };
const source = (options: Partial<ToolImageOptions> = {}, image = IMAGE) =>
  ToolSource.fromImage(image, { entryModule: 'index.mjs', tools: [declared], ...options });

interface Synthesized {
  readonly pod: Manifest;
  readonly document: Manifest;
  readonly kinds: string[];
}

function synthesized(cluster: ClusterProfile, props: Partial<ToolsetProps> = {}): Synthesized {
  const program = new Program('agents', cluster);
  program.toolset('logs', { source: source(), ...props });
  const objects = program.synth();
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'logs-config');
  return {
    pod: deployment.spec.template.spec,
    document: JSON.parse(config.data['toolset.json'] as string),
    kinds: objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
  };
}

const warningsOf = ({ node }: IConstruct) =>
  node.metadata.filter(({ type }) => type === 'agentyard:warning').map(({ data }) => data as string);
const volumeOf = ({ pod }: Synthesized, name = 'tools') => pod.volumes.find((one: Manifest) => one.name === name);
const mountOf = ({ pod }: Synthesized) => pod.containers[0].volumeMounts.find((one: Manifest) => one.name === 'tools');

const OLD = ClusterProfile.generic();
const NEW = ClusterProfile.generic({ kubernetesVersion: '1.36' });

describe('the tools of an image', () => {
  it('are declared in the document, without a hash that nobody knows', () => {
    const { document, kinds } = synthesized(NEW);
    expect(document.tools).toEqual([{ ...declared, module: 'index.mjs', allowedRoles: '*' }]);
    expect(kinds.filter((kind) => kind.startsWith('ConfigMap logs'))).toEqual(['ConfigMap logs-config']);
  });

  it('may name their own modules, and be declared in a manifest', () => {
    const tools = [
      { ...declared, module: './dist/logs.js' },
      { ...declared, name: 'other' },
    ];
    const manifest = JSON.stringify({ kind: 'ToolsetManifest', version: 1, tools });
    const file = path.join(directoryWith({}), 'declared.json');
    writeFileSync(file, manifest);
    const { document } = synthesized(NEW, { source: source({ tools: undefined, manifest: file }) });
    expect(document.tools.map(({ name, module }: Manifest) => [name, module])).toEqual([
      ['log_store', 'dist/logs.js'],
      ['other', 'index.mjs'],
    ]);
  });

  it('warn if a tag names the image, since its registry decides what stands behind it', () => {
    const program = new Program('agents', NEW);
    const pinned = program.toolset('pinned', { source: source() });
    const tagged = program.toolset('tagged', { source: source({}, 'log-tools:1.2') });
    expect(warningsOf(pinned)).toEqual([]);
    expect(warningsOf(tagged)).toEqual([
      expect.stringContaining(
        '[TOOL_IMAGE_UNPINNED] chart/tagged: the image "log-tools:1.2" of its tools has no digest',
      ),
    ]);
  });
});

describe('in a cluster with image volumes', () => {
  it('the directory is mounted, read-only, and nothing else of the image', () => {
    const found = synthesized(NEW);
    expect(volumeOf(found)).toEqual({ name: 'tools', image: { reference: IMAGE } });
    expect(mountOf(found)).toEqual({
      name: 'tools',
      mountPath: '/opt/agentyard/tools',
      readOnly: true,
      subPath: 'tools',
    });
    expect(found.pod.initContainers).toBeUndefined();
  });

  it('an artifact of tools alone is mounted as a whole, with the policy to pull it', () => {
    const options = { directory: '/', imagePullPolicy: ImagePullPolicy.ALWAYS };
    const found = synthesized(NEW, { source: source(options) });
    expect(volumeOf(found)).toEqual({ name: 'tools', image: { reference: IMAGE, pullPolicy: 'Always' } });
    expect(mountOf(found)).not.toHaveProperty('subPath');
  });

  it.each([
    ['1.35', undefined, false],
    ['1.35', true, true],
    ['1.33', true, true],
    ['1.36', undefined, true],
    ['1.36', false, false],
  ])('which is: Kubernetes %s with imageVolumes %s: %s', (kubernetesVersion, imageVolumes, mounted) => {
    const found = synthesized(ClusterProfile.generic({ kubernetesVersion, imageVolumes }));
    expect(volumeOf(found).image !== undefined).toBe(mounted);
    expect(found.pod.initContainers === undefined).toBe(mounted);
  });
});

describe('in a cluster without image volumes', () => {
  it('a hardened container of the image copies them to the disk of the node, before the runtime starts', () => {
    const found = synthesized(OLD);
    expect(volumeOf(found)).toEqual({ name: 'tools', emptyDir: { sizeLimit: '128Mi' } });
    expect(mountOf(found)).toEqual({ name: 'tools', mountPath: '/opt/agentyard/tools', readOnly: true });
    expect(found.pod.initContainers).toEqual([
      {
        name: 'tools',
        image: IMAGE,
        command: ['cp', '-R', '/tools/.', '/mnt/agentyard-tools'],
        resources: {
          requests: { cpu: '50m', memory: '32Mi', 'ephemeral-storage': '128Mi' },
          limits: { cpu: '500m', memory: '128Mi', 'ephemeral-storage': '128Mi' },
        },
        securityContext: found.pod.containers[0].securityContext,
        volumeMounts: [{ name: 'tools', mountPath: '/mnt/agentyard-tools', readOnly: false }],
      },
    ]);
  });

  it('a program of the image does it where there is no cp, and the size is as given', () => {
    const copyCommand = ['/nodejs/bin/node', '/app/copy.mjs'];
    const options = {
      copyCommand,
      directory: '/app/tools',
      maxSize: Size.kibibytes(1500),
      imagePullPolicy: ImagePullPolicy.NEVER,
    };
    const found = synthesized(OLD, { source: source(options) });
    expect(volumeOf(found).emptyDir).toEqual({ sizeLimit: '1500Ki' });
    expect(found.pod.initContainers[0]).toMatchObject({
      imagePullPolicy: 'Never',
      command: [...copyCommand, '/app/tools/.', '/mnt/agentyard-tools'],
    });
  });

  it('it can write nothing else, whatever the runtime may, and has neither its variables nor its volumes', () => {
    const { pod } = synthesized(OLD, { security: { readOnlyRootFilesystem: false } });
    expect(pod.containers[0].securityContext.readOnlyRootFilesystem).toBe(false);
    const [copy] = pod.initContainers;
    expect(copy.securityContext.readOnlyRootFilesystem).toBe(true);
    expect(Object.keys(copy).sort()).toEqual([
      'command',
      'image',
      'name',
      'resources',
      'securityContext',
      'volumeMounts',
    ]);
  });

  it('it never sees a token for the Kubernetes API that the pod has', () => {
    const found = synthesized(OLD, { security: { automountToken: true } });
    expect(found.pod.automountServiceAccountToken).toBe(true);
    const token = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(found.pod.initContainers[0].volumeMounts).toContainEqual({
      name: 'no-token',
      mountPath: token,
      readOnly: true,
    });
    expect(found.pod.containers[0].volumeMounts.map((mount: Manifest) => mount.mountPath)).not.toContain(token);
    expect(volumeOf(found, 'no-token')).toEqual({ name: 'no-token', emptyDir: { sizeLimit: '1Mi' } });
  });

  it('more room for the copy is a matter of the pod’s ephemeral storage', () => {
    const large = { source: source({ maxSize: Size.mebibytes(600) }) };
    const resources = { ephemeralStorage: { limit: Size.gibibytes(1) } };
    expect(() => synthesized(OLD, large)).toThrow('[STORAGE_OVERCOMMITTED]');
    expect(() => synthesized(OLD, { ...large, resources })).not.toThrow();
    expect(() => synthesized(NEW, large)).not.toThrow();
  });
});
