import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDispatcher, createFetch, localPath, readLocalOverlay } from '@agentyard/runtime-kit';
import { keycloakRealmSyncDocument, type KeycloakRealmSyncDocument } from 'agentyard/contract';
import type { Job, JobContext } from '../job.js';
import { applyRealm } from './apply-realm.js';

/** The job that brings a realm of Keycloak into line. */
export const realmJob: Job<typeof keycloakRealmSyncDocument> = {
  name: 'realm',
  definition: keycloakRealmSyncDocument,
  deadlineMs: 120_000,
  run,
};

async function run({ document, log }: JobContext<typeof keycloakRealmSyncDocument>): Promise<boolean> {
  const report = await applyRealm({
    document,
    administrator: await administratorOf(document),
    environment: process.env,
    fetch: createFetch(createDispatcher(readLocalOverlay())),
  });
  const { created, changed, removed } = report;
  const count = created.length + changed.length + removed.length;
  log.info({ event: 'realm-in-line', realm: document.realm.realm, ...report }, `${count} things were not in line`);
  return true;
}

async function administratorOf({ administrator: { realm, directory } }: KeycloakRealmSyncDocument) {
  const folder = localPath(directory, readLocalOverlay());
  const read = async (file: string) => (await readFile(path.join(folder, file), 'utf8')).trim();
  return { realm, clientId: await read('client-id'), clientSecret: await read('client-secret') };
}
