import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ApiServer } from './api-server';
import { controlPlaneBinary } from './control-plane-binary';
import { installCrds } from './crds';
import { readKubeconfig } from './kubeconfig';

/** A cluster without nodes, or the one that stands in for it. */
export interface Cluster {
  readonly api: ApiServer;
  /** The administrator's kubeconfig file, for programs that are given one. */
  readonly kubeconfig: string;
  /** Ends the cluster if it is ours. */
  stop(): Promise<void>;
}

/** What to give jest's beforeAll that starts a cluster: on a bare machine it is built first. */
export const START_TIMEOUT = 30 * 60_000;

/**
 * Starts a control plane and installs the CRDs of what manifests of ours use.
 *
 * KUBECONFIG_FOR_TESTS, or else KUBECONFIG, names another cluster that is used instead.
 */
export async function startCluster(): Promise<Cluster> {
  const standIn = process.env.KUBECONFIG_FOR_TESTS || process.env.KUBECONFIG;
  const cluster = standIn ? useCluster(standIn) : await startControlPlane();
  try {
    await installCrds(cluster.api);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function useCluster(kubeconfig: string): Cluster {
  const api = new ApiServer(readKubeconfig(kubeconfig));
  process.stderr.write(`Tests use the cluster of ${kubeconfig}.\n`);
  return { api, kubeconfig, stop: () => Promise.resolve(api.close()) };
}

async function startControlPlane(): Promise<Cluster> {
  const kubeconfig = path.join(tmpdir(), `control-plane-${randomBytes(8).toString('hex')}.kubeconfig`);
  const child = spawn(await controlPlaneBinary(), ['-kubeconfig', kubeconfig], { stdio: 'pipe' });
  const log = lastLines(child);
  const ended = once(child, 'exit').then(([code, signal]) => String(code ?? signal));
  const ready = once(createInterface({ input: child.stdout }), 'line').then(() => undefined);
  const failure = await Promise.race([ready, ended]);
  if (failure) throw new Error(`The control plane does not start (${failure}):\n${log.join('\n')}`);
  const api = new ApiServer(readKubeconfig(kubeconfig));
  const stop = async (): Promise<void> => {
    api.close();
    const alive = child.exitCode === null && child.signalCode === null;
    child.stdin.end();
    const end = await ended;
    if (!alive || end !== '0') throw new Error(`The control plane ended by itself (${end}):\n${log.join('\n')}`);
  };
  return { api, kubeconfig, stop };
}

/** What the program logged last. */
function lastLines(child: ChildProcess): string[] {
  const lines: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 200) lines.shift();
  });
  return lines;
}
