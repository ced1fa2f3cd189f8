import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Child } from '../processes/child';
import type { Contender, RunningContender, Stage } from './contender';
import { LEGACY } from './mcp-message';
import { GatewayOutput } from './gateway-output';
import { SpanCollector } from '../span-collector';
import { apiKeys, gatewayDocument, hostMap, mountedIdentity, MOUNT, type Behind } from './gateway-files';

const ROOT = path.join(__dirname, '../..');
const MAIN = path.join(ROOT, 'gateway-runtime/dist/main.mjs');

export const OWN_GATEWAY = 'agentyard';

/** The same before a server that has sessions and nothing else, for clients with sessions. */
export const SESSION_GATEWAY = 'agentyard (s)';

/** Bundles the runtimes as they are shipped. */
export function buildGateway(): void {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/build-runtimes.mjs')], { stdio: ['ignore', 2, 2] });
}

/**
 * The gateway of this project as it is shipped, with all that it does for a request: API keys, roles, user claims,
 * audit lines, metrics and traces of one request in a hundred.
 *
 * @param profiles folder for a CPU profile of each process. @default - none is taken
 */
export const ownGateway = (profiles?: string): Contender => ({
  name: OWN_GATEWAY,
  start: (stage) => startGateway(OWN_GATEWAY, 'toolset', stage, profiles),
});

/** The same, before a server that has sessions and nothing else. */
export const sessionGateway = (profiles?: string): Contender => ({
  name: SESSION_GATEWAY,
  takes: ({ era }) => era === LEGACY,
  start: (stage) => startGateway(SESSION_GATEWAY, 'server', stage, profiles),
});

async function startGateway(
  name: string,
  behind: Behind,
  stage: Stage,
  profiles: string | undefined,
): Promise<RunningContender> {
  const collector = await SpanCollector.open();
  const overlay = await writeFiles(stage, collector.endpoint, behind);
  const output = new GatewayOutput();
  const flags = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profiles)}`];
  const child = new Child(name, [process.execPath, ...flags, MAIN], {
    env: { PATH: process.env.PATH, AGENTYARD_LOCAL: overlay },
    onOutput: (chunk) => output.take(chunk),
  });
  const { port, metricsPort } = await child.within(output.ports);
  return {
    pids: [child.pid],
    targetOf: (question) => ({ port, headers: { authorization: `Bearer ${apiKeys.keyFor(question)}` } }),
    stop: async () => {
      const requests = await requestsCountedAt(metricsPort);
      await child.stop();
      collector.close();
      output.refuseMissingLines(requests);
      collector.refuseMissingSpans(requests);
    },
  };
}

/** Writes what is mounted in a pod. @returns the file of the local overlay */
async function writeFiles({ folder, upstreamPort }: Stage, collector: string, behind: Behind): Promise<string> {
  const files: Record<string, unknown> = {
    'gateway.json': gatewayDocument(collector, behind),
    'hosts.json': hostMap(upstreamPort),
    'overlay.json': {
      listen: { host: '127.0.0.1', port: 0 },
      mounts: { [MOUNT]: folder },
      hostsFile: path.join(folder, 'hosts.json'),
    },
    ...apiKeys.files(),
    ...(await mountedIdentity(folder)),
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return path.join(folder, 'overlay.json');
}

/** How many requests its metrics say that it has answered well. */
async function requestsCountedAt(metricsPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(/^agentyard_requests_total\{outcome="ok"\} (\d+)$/m.exec(text)?.[1]);
}
