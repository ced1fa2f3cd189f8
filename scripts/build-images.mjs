// Builds the container images with whatever builder is there: docker, podman or buildah.
//
//     node scripts/build-images.mjs [--base <image with Debian and Node.js>] [--tag-prefix registry.example.com/]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildRuntimes } from './build-runtimes.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Images by name: the folder in images/ has the Dockerfile, the workspace is the context. */
const IMAGES = { 'egress-proxy': 'egress-proxy-runtime' };

const BUILDERS = ['docker', 'podman', 'buildah'];

const { values } = parseArgs({
  options: { base: { type: 'string' }, 'tag-prefix': { type: 'string', default: '' }, builder: { type: 'string' } },
});
const builder = values.builder ?? BUILDERS.find((name) => spawnSync(name, ['--version']).status === 0);
if (builder === undefined) fail(`none of these is installed: ${BUILDERS.join(', ')}`);
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

await buildRuntimes();
for (const [name, workspace] of Object.entries(IMAGES)) {
  const tag = `${values['tag-prefix']}agentyard/${name}:${version}`;
  const args = ['build', '--file', path.join(root, 'images', name, 'Dockerfile'), '--tag', tag];
  args.push('--build-arg', `VERSION=${version}`);
  if (values.base !== undefined) args.push('--build-arg', `BASE=${values.base}`);
  const { status } = spawnSync(builder, [...args, path.join(root, workspace)], { stdio: 'inherit' });
  if (status !== 0) fail(`${builder} could not build ${tag}`);
  console.log(tag);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
