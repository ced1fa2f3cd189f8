import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Child } from '../processes/child';
import { atPort, type Contender, type RunningContender, type Stage } from './contender';
import { freePort, untilListening } from './free-port';

/** nginx as a reverse proxy with one worker: connections are kept on both sides, streams pass as they come. */
export const nginx: Contender = {
  name: 'nginx',
  async start({ folder, upstreamPort }: Stage): Promise<RunningContender> {
    const port = await freePort();
    const file = path.join(folder, 'nginx.conf');
    writeFileSync(file, configuration(folder, port, upstreamPort));
    const child = new Child('nginx', ['nginx', '-p', folder, '-e', 'stderr', '-c', file]);
    await child.within(untilListening(port));
    return atPort(port, [child.pid, ...childrenOf(child.pid)], () => child.stop());
  },
};

function configuration(folder: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${path.join(folder, kind)};`,
  );
  const kept = 'keepalive_requests 1000000000; keepalive_timeout 3600s;';
  return `
    daemon off;
    worker_processes 1;
    pid ${path.join(folder, 'nginx.pid')};
    error_log stderr error;
    events { worker_connections 4096; }
    http {
      access_log off;
      ${temporary.join('\n      ')}
      ${kept}
      upstream bare { server 127.0.0.1:${upstreamPort}; keepalive 512; ${kept} }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://bare;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
        }
      }
    }
  `;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
