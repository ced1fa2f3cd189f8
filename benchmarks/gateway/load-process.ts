/** The clients: sends the requests of all measurements, in a process of its own. */
import { measureFirstByte } from './first-byte';
import { runLoad, type LoadRun } from './load-run';
import { measureOpenStreams, type StreamRun } from './open-streams';
import { serveParent } from './parent';
import { Sessions } from './sessions';
import type { Target } from './http-request';

const sessions = new Sessions();

serveParent(true, {
  load: (run: LoadRun) => runLoad(run, sessions),
  firstByte: (target: Target) => measureFirstByte(target),
  openStreams: (run: StreamRun) => measureOpenStreams(run, sessions),
});
