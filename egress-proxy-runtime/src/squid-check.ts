import { execFile } from 'node:child_process';
import { withoutPaths } from './squid-message.js';

const CHECK_MS = 30_000;

/** Lets Squid read a configuration: a wrong one at a reload would end the Squid that runs. @throws Error with what is wrong */
export async function checkConf(file: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile('squid', ['-k', 'parse', '-f', file], { timeout: CHECK_MS }, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const faults = `${stdout}${stderr}`.split('\n').filter((line) => /FATAL|ERROR|unrecognized/.test(line));
      const why = faults.length > 0 ? faults.join('; ') : error.message;
      reject(new Error(`Squid refuses the configuration: ${withoutPaths(why)}`));
    });
  });
}
