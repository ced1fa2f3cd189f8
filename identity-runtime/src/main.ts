import { EXIT_CONFIG, reportFatal } from '@agentyard/runtime-kit';
import { runJob } from './job.js';
import { realmJob } from './realm/index.js';
import { trustJob } from './trust/index.js';

const [name] = process.argv.slice(2);
if (name === 'trust') await runJob(trustJob);
else if (name === 'realm') await runJob(realmJob);
else {
  reportFatal('identity', new Error('the first argument must name the job, trust or realm'));
  process.exit(EXIT_CONFIG);
}
