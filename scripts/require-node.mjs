// Scripts run on the Node.js that npm installs beside them. Without install scripts it is missing, and an older one
// of the machine would run instead, with errors that say nothing of it.
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  console.error(
    `Node.js ${NEEDED} or newer is needed, this is ${process.versions.node}. ` +
      'npm ci installs it for this folder; run npm ci again without --ignore-scripts.',
  );
  process.exit(1);
}
