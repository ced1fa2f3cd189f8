import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDispatcher, createFetch, localPath, readLocalOverlay, type Logger } from '@agentyard/runtime-kit';
import { keycloakRealmSyncDocument, OWNER_ATTRIBUTE, type KeycloakRealmSyncDocument } from 'agentyard/contract';
import type { Job, JobContext } from '../job.js';
import { applyRealm } from './apply-realm.js';
import type { RealmReport } from './change.js';
import { KeycloakError } from './keycloak-error.js';

/** The job that brings a realm of Keycloak into line. */
export const realmJob: Job<typeof keycloakRealmSyncDocument> = {
  name: 'realm',
  definition: keycloakRealmSyncDocument,
  deadlineMs: 120_000,
  run,
};

async function run({ document, log }: JobContext<typeof keycloakRealmSyncDocument>): Promise<boolean> {
  try {
    const report = await applyRealm({
      document,
      administrator: await administratorOf(document),
      environment: process.env,
      fetch: createFetch(createDispatcher(readLocalOverlay())),
    });
    tell(report, document, log);
    return true;
  } catch (error) {
    if (!(error instanceof KeycloakError)) throw error;
    const { place, reason, remedy } = error;
    log.error({ event: 'fault', realm: document.realm.realm, place, reason, remedy }, 'not done');
    return false;
  }
}

function tell({ unmarked, ...report }: RealmReport, document: KeycloakRealmSyncDocument, log: Logger): void {
  const { realm } = document.realm;
  for (const owner of new Set(unmarked.map((thing) => thing.owner))) {
    const things = unmarked.filter((thing) => thing.owner === owner).map(({ what }) => what);
    const remedy = `to have it exact give it the attribute ${OWNER_ATTRIBUTE} with the value ${owner}`;
    const kept = 'was there before the program declared it, and has at least what the program says';
    log.warn({ event: 'unmarked', realm, things, remedy }, kept);
  }
  const { created, changed, removed } = report;
  const count = created.length + changed.length + removed.length;
  log.info({ event: 'realm-in-line', realm, ...report }, `${count} things were not in line`);
}

async function administratorOf({ administrator: { realm, directory } }: KeycloakRealmSyncDocument) {
  const folder = localPath(directory, readLocalOverlay());
  return { realm, clientId: await entry(folder, 'client-id'), clientSecret: await entry(folder, 'client-secret') };
}

/** @throws KeycloakError */
async function entry(folder: string, name: string): Promise<string> {
  const place = path.join(folder, name);
  const text = await readFile(place, 'utf8').catch((error: unknown) => {
    const reason = `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`;
    throw new KeycloakError({ place, reason, remedy: `give the Secret of the administrator the entry ${name}` });
  });
  return text.trim();
}
