import type { KeycloakProtocolMapper } from 'agentyard/contract';
import type { Step } from './change.js';
import { isSame } from './difference.js';
import type { FoundMapper } from './found.js';

/** What has protocol mappers: a client scope, or a client. */
export interface MapperOwner {
  /** What it is called in reports. */
  readonly what: string;
  /** Path of it. */
  readonly path: string;
  /** Whether it has no mappers but those that are wanted, configured as they are wanted. */
  readonly exact: boolean;
}

/** Brings the protocol mappers of a client scope or client into line. They are told apart by name. */
export function planMappers(
  { what, path, exact }: MapperOwner,
  desired: readonly KeycloakProtocolMapper[],
  found: readonly FoundMapper[],
): Step[] {
  const models = `${path}/protocol-mappers/models`;
  const step = { kind: 'changed', what } as const;
  const wanted = desired.flatMap((mapper): Step[] => {
    const present = found.find(({ name }) => name === mapper.name);
    if (present === undefined) return [{ ...step, method: 'POST', path: models, body: mapper }];
    const config = exact ? mapper.config : { ...present.config, ...mapper.config };
    if (present.protocolMapper === mapper.protocolMapper && isSame(present.config, config)) return [];
    return [{ ...step, method: 'PUT', path: `${models}/${present.id}`, body: { ...mapper, config, id: present.id } }];
  });
  const foreign = exact ? found.filter(({ name }) => !desired.some((mapper) => mapper.name === name)) : [];
  return [...wanted, ...foreign.map(({ id }): Step => ({ ...step, method: 'DELETE', path: `${models}/${id}` }))];
}
