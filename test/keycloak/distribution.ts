import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cluster/cache-folder';
import { freePort, KeycloakProcess } from './process';

const VERSION = '26.7.3';
const SHA512 =
  '664c8ac2997d94b69825af70acc3a6017a7a53a1504a6e21b2d82a04e5f53593b30cabdf80ffe3eb661f13442a57fbc15c4186a1899f2841e8145532e5ae7e1c';
const NAME = `keycloak-quarkus-dist-${VERSION}`;
const URL_OF_ARCHIVE = `https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/${VERSION}/${NAME}.tar.gz`;
/** What is fixed when Keycloak is built, which then starts faster. */
const BUILD = ['build', '--db=dev-file'];

/** The client that administers every Keycloak of the tests, in `master`. */
export const ADMINISTRATOR = { realm: 'master', clientId: 'test-administrator', clientSecret: 'known-to-tests-alone' };

/**
 * A folder with Keycloak, built, and with a database that knows of the administrator alone. It is made once: downloaded
 * from Maven Central, checked, unpacked, built, and started for the first time.
 */
export async function keycloakDistribution(): Promise<string> {
  const fingerprint = createHash('sha256').update(JSON.stringify([SHA512, BUILD, ADMINISTRATOR]));
  const folder = cacheFolder('keycloak', `${VERSION}-${fingerprint.digest('hex').slice(0, 8)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(path.dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.unfinished-`);
  try {
    execFileSync('tar', ['-xzf', await download(work), '-C', work], { stdio: 'pipe' });
    const home = path.join(work, `keycloak-${VERSION}`);
    await KeycloakProcess.run(home, BUILD);
    await makeDatabase(home);
    if (!existsSync(folder)) renameSync(home, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(folder: string): Promise<string> {
  const response = await fetch(URL_OF_ARCHIVE);
  if (!response.ok) throw new Error(`Keycloak cannot be had: ${response.status} from ${URL_OF_ARCHIVE}`);
  const archive = Buffer.from(await response.arrayBuffer());
  const found = createHash('sha512').update(archive).digest('hex');
  if (found !== SHA512) throw new Error(`${URL_OF_ARCHIVE} is not the archive that it was: its SHA-512 is ${found}`);
  const file = path.join(folder, `${NAME}.tar.gz`);
  writeFileSync(file, archive);
  return file;
}

/** The first start makes the tables and the realm `master`, which takes most of its time. */
async function makeDatabase(home: string): Promise<void> {
  const environment = {
    KC_BOOTSTRAP_ADMIN_CLIENT_ID: ADMINISTRATOR.clientId,
    KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: ADMINISTRATOR.clientSecret,
  };
  const server = await KeycloakProcess.serve(home, await freePort(), { environment });
  await server.stop();
}
