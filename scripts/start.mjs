// npm start: bundles the runtimes, synthesizes apps/fabric.ts, and runs what came out as local processes.
import './require-node.mjs';
import { spawnSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildRuntimes } from './build-runtimes.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const PROVIDER_KEYS = { scripted: undefined, anthropic: 'ANTHROPIC_API_KEY', openai: 'OPENAI_API_KEY' };

const OPTIONS = {
  once: { type: 'boolean', default: false },
  provider: { type: 'string', default: 'scripted' },
  ask: { type: 'string', default: 'What is the newest error in the logs?' },
  agent: { type: 'string' },
  mount: { type: 'string', multiple: true, default: [] },
  port: { type: 'string' },
  watch: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
};

const values = optionsOf();

const secrets = mkdtempSync(path.join(tmpdir(), 'agentyard-start-'));
process.on('exit', () => rmSync(secrets, { recursive: true, force: true }));

checkProvider(values.provider);
await buildRuntimes();
synthesize(values.provider);
run();

function synthesize(provider) {
  const env = { ...process.env, FABRIC_PROVIDER: provider, CDK8S_CHECK_UPGRADE: 'false' };
  const cdk8s = path.join(root, 'node_modules/.bin/cdk8s');
  const { status } = spawnSync(cdk8s, ['synth'], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function run() {
  const mounts = ['platform-logs=@logs', ...values.mount];
  if (!values.mount.some((mount) => mount.startsWith('user-logs='))) {
    mounts.push(`user-logs=${path.join(root, 'examples/log-analysis/sample')}`);
  }
  const flags = [
    ...mounts.flatMap((mount) => ['--mount', mount]),
    ...secretFlags(values.provider),
    ...['--ask', values.ask],
    ...(values.agent ? ['--agent', values.agent] : []),
    ...(values.once ? ['--once'] : []),
    ...(values.port ? ['--port', values.port] : []),
    ...(values.watch ? ['--watch'] : []),
    ...(values.verbose ? [] : ['--quiet']),
  ];
  const cli = path.join(root, 'cli/dist/main.mjs');
  const child = spawn(process.execPath, ['--', cli, 'dev', path.join(root, 'dist'), ...flags], {
    cwd: root,
    stdio: 'inherit',
  });
  // On a terminal Ctrl-C reaches the child too, which ends what it started; told twice it would not wait for that.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

function optionsOf() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return fail(
      `${error.message}. Options: ${Object.keys(OPTIONS)
        .map((name) => `--${name}`)
        .join(' ')}`,
    );
  }
}

function checkProvider(provider) {
  const key = PROVIDER_KEYS[provider];
  if (!Object.hasOwn(PROVIDER_KEYS, provider)) {
    fail(`--provider ${provider} is not known; use ${Object.keys(PROVIDER_KEYS).join(', ')}.`);
  }
  if (key !== undefined && !process.env[key]) fail(`--provider ${provider} needs ${key} in the environment.`);
}

/** The provider's key goes from this environment to the Secret that the agent reads, and nowhere else. */
function secretFlags(provider) {
  const variable = PROVIDER_KEYS[provider];
  if (variable === undefined) return [];
  const file = path.join(secrets, `${provider}.env`);
  writeFileSync(file, `${variable}=${process.env[variable]}\n`, { mode: 0o600 });
  return ['--env-file', `${provider}-credentials=${file}`];
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
