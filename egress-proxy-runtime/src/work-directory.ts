import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { egressProxyDocument, parseDocument, type EgressProxyDocument } from 'agentyard/contract';

/** Environment variable that names the only folder that is written to. */
export const WORK_DIRECTORY_VARIABLE = 'AGENTYARD_WORK_DIRECTORY';

const run = promisify(execFile);

/** The one folder that the proxy writes to: its root file system may be read-only. */
export class WorkDirectory {
  public readonly path: string;
  public readonly conf: string;
  /** A configuration that is not checked yet. */
  public readonly nextConf: string;
  public readonly certificate: string;
  public readonly accessLog: string;
  public readonly lastGood: string;

  /** @throws Error for a path that squid.conf cannot hold */
  public constructor(environment: NodeJS.ProcessEnv) {
    this.path = path.resolve(environment[WORK_DIRECTORY_VARIABLE] || '/run/agentyard');
    if (!/^[\w./-]+$/.test(this.path)) throw new Error(`${WORK_DIRECTORY_VARIABLE} must be a path without spaces`);
    const file = (name: string): string => path.join(this.path, name);
    this.conf = file('squid.conf');
    this.nextConf = file('next-squid.conf');
    this.certificate = file('never-presented.pem');
    this.accessLog = file('access.log');
    this.lastGood = file('last-good.json');
  }

  /** Makes what Squid needs to start. @throws Error when the folder cannot be written to, or a tool is missing */
  public async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await this.makePipe();
    await this.makeCertificate();
  }

  /** Keeps a document that Squid runs with, for a supervisor that starts while the mounted one is wrong. */
  public async keep(document: EgressProxyDocument): Promise<void> {
    await writeFile(`${this.lastGood}.new`, JSON.stringify(document));
    await rename(`${this.lastGood}.new`, this.lastGood);
  }

  /** The document kept last, if there is one that this version reads. */
  public async kept(): Promise<EgressProxyDocument | undefined> {
    try {
      return parseDocument(egressProxyDocument, await readFile(this.lastGood, 'utf8'));
    } catch {
      return undefined;
    }
  }

  private async makePipe(): Promise<void> {
    await rm(this.accessLog, { force: true });
    await run('mkfifo', ['-m', '600', this.accessLog]);
  }

  /** Squid looks into no TLS without a certificate of its own; this one is signed by nobody and never presented. */
  private async makeCertificate(): Promise<void> {
    if (await isReadable(this.certificate)) return;
    const part = `${this.certificate}.new`;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', part];
    const subject = ['-subj', '/CN=never presented by the egress proxy', '-days', '3650'];
    const { stdout } = await run('openssl', ['req', '-x509', ...key, ...subject]);
    await writeFile(part, stdout, { flag: 'a', mode: 0o600 });
    await rename(part, this.certificate);
  }
}

async function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
