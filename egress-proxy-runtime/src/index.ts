export { startEgressProxy } from './egress-proxy.js';
export { documentToStartFrom, type StartingDocument } from './starting-document.js';
export { WorkDirectory } from './work-directory.js';
