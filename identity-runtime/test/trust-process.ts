import { ApiServer } from '@agentyard/runtime-kit';
import { runJob } from '../src/job';
import { keepTrust, trustJob } from '../src/trust';
import { ApiTrustCluster } from '../src/trust/api-trust-cluster';

/** The trust job as a process, with what the kubelet mounts in a folder that the first argument names. */
const [folder] = process.argv.slice(2);
const cluster = new ApiTrustCluster(ApiServer.ofPod(process.env, folder));
await runJob({ ...trustJob, run: (context) => keepTrust(context, cluster) });
