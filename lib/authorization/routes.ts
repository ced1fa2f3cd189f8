import { ANY_CALLER, type AllowedRoles, type GatewayDocument } from '../contract';

type Routes = GatewayDocument['routes'];
type Route = Routes[number];

/** How requests for an agent come to it. */
export interface WayToAgent {
  /** `route by-name`, `its name`. */
  readonly by: string;
  /** Callers of which roles it is for: any, unless routes go by roles. Headers are no bar: anybody sends any. */
  readonly callerRoles: AllowedRoles;
}

/** Those that decide, by all of a gateway. */
const decisive = new WeakMap<Routes, Routes>();

/**
 * How requests for an agent come to it: by routes that send it some, or because they name it. That a route for some roles
 * sends those to another agent is not counted: it says where requests go, not who may send them.
 *
 * @returns undefined if none do
 */
export function wayTo({ routes }: Pick<GatewayDocument, 'routes'>, agent: string): WayToAgent | undefined {
  const effective = effectiveRoutes(routes);
  const leading = effective.filter(({ backends }) => backends.some((one) => one.agent === agent && one.weight > 0));
  // Requests that name an agent go elsewhere if a route says so.
  const isTaken = effective.some(({ match }) => match.by === 'agent' && match.agent === agent && isForAll(match));
  const naming = isTaken ? [] : routes.filter(({ backends }) => backends.some((one) => one.agent === agent));
  const [first] = leading;
  if (first === undefined && naming.length === 0) return undefined;
  return {
    by: first === undefined ? 'its name' : `route ${first.name}`,
    callerRoles: rolesOf([...leading, ...naming]),
  };
}

function rolesOf(routes: Routes): AllowedRoles {
  const roles = routes.map(({ match }) => match.callerRoles ?? ANY_CALLER);
  if (roles.includes(ANY_CALLER)) return ANY_CALLER;
  return [...new Set(roles.flat())].sort();
}

/** Of routes with the same match the first one decides, by priority and then by order; after one for all no other one. */
function effectiveRoutes(routes: Routes): Routes {
  const known = decisive.get(routes);
  if (known !== undefined) return known;
  const seen = new Set<string>();
  const found = [...routes]
    .sort((a, b) => b.priority - a.priority)
    .filter(({ match }) => {
      const [own, ofAll] = [JSON.stringify(match), JSON.stringify(withoutConditions(match))];
      if (seen.has(own) || seen.has(ofAll)) return false;
      seen.add(own);
      return true;
    });
  decisive.set(routes, found);
  return found;
}

function isForAll({ headers, callerRoles }: Route['match']): boolean {
  return headers === undefined && callerRoles === undefined;
}

function withoutConditions(match: Route['match']): Route['match'] {
  return { ...match, headers: undefined, callerRoles: undefined };
}
