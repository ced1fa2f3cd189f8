import { localPath, type StoreAccess } from '@agentyard/runtime-kit';
import type { AgentDocument } from 'agentyard/contract';
import { MemoryStore } from './memory-store.js';
import { PostgresStore } from './postgres-store.js';
import type { StateStore } from './state-store.js';
import { ValkeyStore } from './valkey-store.js';
import { VolumeStore } from './volume-store.js';

/** Opens the store of an agent. @returns undefined for an agent that keeps nothing */
export async function openStore(
  { sessions, namespace, name }: Pick<AgentDocument, 'sessions' | 'namespace' | 'name'>,
  access: StoreAccess,
): Promise<StateStore | undefined> {
  if (sessions === undefined) return undefined;
  const { store } = sessions;
  if (store.kind === 'memory') return new MemoryStore();
  if (store.kind === 'volume') return new VolumeStore(localPath(store.directory, access.overlay));
  if (store.kind === 'postgres') return PostgresStore.open(store, `${namespace}/${name}`, access);
  return ValkeyStore.open(store, `agentyard:${namespace}/${name}:`, access);
}
