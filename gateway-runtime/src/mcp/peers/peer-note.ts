import type { RpcId } from '../wire/json-rpc.js';

/** What replicas tell each other of sessions. */
export type PeerNote =
  | { readonly kind: 'cancel'; readonly session: string; readonly requestId: RpcId }
  | { readonly kind: 'level'; readonly session: string; readonly level: string }
  | { readonly kind: 'end'; readonly session: string };
