export { DevError } from './dev/dev-error.js';
export { RefusedError } from './dev/local-deployment.js';
export { LocalPlatform, type LocalGateway, type LocalPlatformOptions, type LocalWorkload } from './dev/platform.js';
export { type LocalSubstitutes } from './dev/desired-state.js';
export { type RuntimeKind, type RuntimeMains } from './dev/runtimes.js';
export { type Terminal } from './dev/terminal.js';
