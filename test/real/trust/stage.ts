import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseDocument, signingKeys, trustBundle, type SigningKeys, type TrustBundle } from 'agentyard/contract';
import type { KeptObject } from '@agentyard/runtime-kit';
import { runCommand } from '../../../cli/test/fixtures/run-command';
import type { ApiServer, KubernetesObject } from '../../cluster/api-server';
import { startCluster, type Cluster } from '../../cluster/control-plane';
import { readKubeconfig } from '../../cluster/kubeconfig';
import { kubectlFolder } from '../../cluster/kubectl';
import type { Platform } from './platform';

const PROCESS = path.join(__dirname, '../../../identity-runtime/test/trust-process.ts');

/** The object as the API takes it. */
export function manifestOf({ kind, namespace, name }: KeptObject): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace } };
}

/** A real API server with a real kubectl, and what the job and the command do there. */
export class TrustStage {
  public static async open(): Promise<TrustStage> {
    return new TrustStage(await startCluster(), mkdtempSync(path.join(tmpdir(), 'trust-')));
  }

  private readonly searched = process.env.PATH;

  private constructor(
    public readonly cluster: Cluster,
    public readonly folder: string,
  ) {
    process.env.PATH = `${kubectlFolder()}:${this.searched}`;
  }

  public get api(): ApiServer {
    return this.cluster.api;
  }

  public async close(): Promise<void> {
    process.env.PATH = this.searched;
    rmSync(this.folder, { recursive: true, force: true });
    await this.cluster.stop();
  }

  /** Applies manifests as an administrator does. */
  public async apply({ namespaces, outdir }: Platform, flags: readonly string[] = []): Promise<void> {
    for (const name of namespaces) {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      if ((await this.api.read(namespace)) === undefined) await this.api.create(namespace);
    }
    await this.kubectl('apply', ...flags, '-R', '-f', outdir);
  }

  /** Removes what the job has written to an object. */
  public async empty(object: KeptObject): Promise<void> {
    const { kind, namespace, name } = object;
    const patch = JSON.stringify([{ op: 'remove', path: `/data/${fileOf(object)}` }]);
    await this.kubectl('patch', kind, name, '--namespace', namespace, '--type=json', `--patch=${patch}`);
  }

  public objectOf(object: KeptObject): Promise<KubernetesObject | undefined> {
    return this.api.read(manifestOf(object));
  }

  /** What the job has written to an object. */
  public async textOf(object: KeptObject): Promise<string> {
    const text = ((await this.objectOf(object))?.data?.[fileOf(object)] ?? '') as string;
    return object.kind === 'Secret' ? Buffer.from(text, 'base64').toString() : text;
  }

  public async keysOf({ secret }: Platform): Promise<SigningKeys['keys']> {
    return parseDocument(signingKeys, await this.textOf(secret)).keys;
  }

  /** What each bundle says. */
  public async bundlesOf({ bundles }: Platform): Promise<TrustBundle[]> {
    return Promise.all(bundles.map(async (bundle) => parseDocument(trustBundle, await this.textOf(bundle))));
  }

  /** The one content of all bundles. */
  public async bundleOf({ bundles }: Platform): Promise<TrustBundle> {
    const [text = '', ...others] = new Set(await Promise.all(bundles.map((bundle) => this.textOf(bundle))));
    expect(others).toEqual([]);
    return parseDocument(trustBundle, text);
  }

  /** By which it is seen whether anything was written. */
  public async versionsOf({ bundles, secret }: Platform): Promise<string[]> {
    const objects = await Promise.all([...bundles, secret].map((object) => this.objectOf(object)));
    return objects.map((object) => object?.metadata.resourceVersion as string);
  }

  /** A token of a ServiceAccount, as the kubelet gets one. */
  public async tokenOf(namespace: string, account: string, audiences?: readonly string[]): Promise<string> {
    const { body } = await this.api.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } },
    });
    return body.status.token as string;
  }

  /** What the kubelet gives a pod to reach the API server. */
  public podOf(token: string) {
    const folder = mkdtempSync(path.join(this.folder, 'pod-'));
    const { server, ca = '' } = readKubeconfig(this.cluster.kubeconfig);
    writeFileSync(path.join(folder, 'token'), token);
    writeFileSync(path.join(folder, 'ca.crt'), ca);
    const environment = { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port };
    return { folder, environment };
  }

  /** A run of the job as it is in a pod. A proxy that its environment names is none of the API server's. */
  public async job({ account: { namespace, name } }: Platform) {
    const { folder, environment } = this.podOf(await this.tokenOf(namespace, name));
    const configMap = await this.objectOf({ kind: 'ConfigMap', namespace, name });
    const document = path.join(folder, 'trust.json');
    writeFileSync(document, configMap?.data['trust.json'] as string);
    const { code, output, errors } = await run(process.execPath, ['--import', 'tsx', PROCESS, folder], {
      ...environment,
      AGENTYARD_DOCUMENT: document,
      HTTPS_PROXY: 'http://127.0.0.1:9',
    });
    const lines = output.trim().split('\n');
    return { code, errors, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
  }

  /** `agentyard trust` as the administrator runs it, or as somebody else. */
  public command({ outdir }: Platform, flags: readonly string[] = [], kubeconfig = this.cluster.kubeconfig) {
    return runCommand('trust', '--manifests', outdir, '--kubeconfig', kubeconfig, ...flags);
  }

  private async kubectl(...words: string[]): Promise<void> {
    const { code, errors } = await run('kubectl', ['--kubeconfig', this.cluster.kubeconfig, ...words]);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  }
}

function fileOf({ kind }: KeptObject): string {
  return kind === 'Secret' ? signingKeys.file : trustBundle.file;
}

/** Runs a program until it ends. */
async function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output, errors };
}
