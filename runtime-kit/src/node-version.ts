import { EXIT_CONFIG } from './exit-code.js';

// Runs when it is imported, before all else: on an older Node.js the libraries of the other modules already break
// while they load, with errors that name no remedy.
const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  process.stderr.write(
    `Node.js 24 or newer is needed, this is ${process.versions.node}; start through npm, which brings its own\n`,
  );
  process.exit(EXIT_CONFIG);
}
