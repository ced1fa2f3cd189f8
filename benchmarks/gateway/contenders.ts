import { atPort, type Contender } from './contender';
import { nginx } from './nginx';
import { ownGateway, sessionGateway } from './own-gateway';
import { mcpProxy, passThrough, sdkGateway } from './peers';
import type { Plan } from './plan';

export const DIRECT = 'direct';

/** No hop: its process is the upstream. */
const direct: Contender = {
  name: DIRECT,
  start: ({ upstreamPort, upstreamPid }) =>
    Promise.resolve(atPort(upstreamPort, [upstreamPid], () => Promise.resolve())),
};

/** Those who take part, in the order of the tables. @throws Error for a name that nobody has */
export function contendersOf({ contenders, cpuProfile }: Plan): Contender[] {
  const all = [direct, nginx, passThrough, ownGateway(cpuProfile), sessionGateway(cpuProfile), mcpProxy, sdkGateway];
  const unknown = contenders?.find((name) => all.every((each) => each.name !== name));
  if (unknown !== undefined)
    throw new Error(`no contender "${unknown}", only ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => contenders?.includes(name) ?? true);
}
