/** The clients: sends the requests of all measurements, in a process of its own. */
import { measureFirstByte, type FirstByteRun } from './first-byte';
import { runLoad, warmUp, type LoadRun, type WarmUpRun } from './load-run';
import { measureOpenStreams, type StreamRun } from './open-streams';
import { serveParent } from '../processes/parent';
import { Sessions } from './sessions';

const sessions = new Sessions();

serveParent(true, {
  warmUp: (run: WarmUpRun) => warmUp(run, sessions),
  load: (run: LoadRun) => runLoad(run, sessions),
  firstByte: (run: FirstByteRun) => measureFirstByte(run),
  openStreams: (run: StreamRun) => measureOpenStreams(run, sessions),
});
