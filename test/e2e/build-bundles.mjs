// jest's global setup: the runtimes that the end-to-end tests start are the bundles, as the images have them.
import { buildRuntimes } from '../../scripts/build-runtimes.mjs';

export default buildRuntimes;
