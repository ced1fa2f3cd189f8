import type { Workload } from 'agentyard/reachability';
import type { Evaluated } from '../../evaluated/evaluated.js';
import type { Change } from '../change.js';
import type { Places } from '../places.js';
import { hostNames, hostsOf } from './host-changes.js';
import { outsiderChanges } from './outsider-changes.js';
import { Participant } from './participant.js';
import { participantChanges } from './participant-changes.js';
import { Policies } from './policies.js';
import { Scenes } from './scenes.js';
import { DIRECTIONS } from './side.js';

/** Where names lead while sides are compared: a block of documentation, so that no block that is anybody's own covers it. */
const SOMEWHERE = '192.0.2.77';

/** What changes about who may connect to whom, by evaluating both sides. How policies are written does not matter. */
export function networkChanges(before: Evaluated, after: Evaluated, places: Places): Change[] {
  const platforms = [before.platform, after.platform];
  const workloads = new Map<string, [Workload, ...Workload[]]>();
  for (const workload of platforms.flatMap((platform) => platform.workloads)) {
    const { kind, place } = places.ofWorkload(workload);
    const key = `${kind} ${place}`;
    const found = workloads.get(key);
    if (found === undefined) workloads.set(key, [workload]);
    else found.push(workload);
  }
  const policies = new Policies(before.objects, after.objects, [...workloads.values()].flat());
  const reached = platforms.flatMap((platform) =>
    platform.workloads.flatMap((workload) => hostsOf(platform.reachable(workload))),
  );
  // A name that may lead anywhere may lead to any block that is open; here it is asked for by its name alone.
  const hosts = Object.fromEntries(hostNames([...policies.hosts, ...reached]).map((name) => [name, [SOMEWHERE]]));
  const scenes = new Scenes([before.objects, after.objects], policies, hosts);
  const told = [...workloads.values()].map((found) => {
    const who = Participant.ofWorkload(found, places.ofWorkload(found[0]));
    const changes = DIRECTIONS.flatMap((direction) => participantChanges(who, direction, scenes));
    return { who, changes };
  });
  return [...told.flatMap(({ changes }) => changes), ...outsiderChanges(told, scenes)];
}
