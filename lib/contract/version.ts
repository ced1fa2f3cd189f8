/** The contract's version. A runtime accepts this version and the one before it. */
export const CONTRACT_VERSION = 1;
