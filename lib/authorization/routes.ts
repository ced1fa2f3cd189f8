import type { GatewayDocument } from '../contract';

type Routes = GatewayDocument['routes'];

/** Those that decide, by all of a gateway. */
const decisive = new WeakMap<Routes, Routes>();

/**
 * How requests for an agent come to it, in words: by a route that sends it some, or because they name it.
 *
 * @returns undefined if none do
 */
export function routeTo({ routes }: Pick<GatewayDocument, 'routes'>, agent: string): string | undefined {
  const effective = effectiveRoutes(routes);
  const route = effective.find(({ backends }) => backends.some((one) => one.agent === agent && one.weight > 0));
  if (route !== undefined) return `route ${route.name}`;
  // Requests that name an agent go elsewhere if a route says so.
  if (effective.some(({ match }) => match.by === 'agent' && match.agent === agent)) return undefined;
  const isBackend = routes.some(({ backends }) => backends.some((one) => one.agent === agent));
  return isBackend ? 'its name' : undefined;
}

/** Of routes with the same match the first one decides, by priority and then by order. */
function effectiveRoutes(routes: Routes): Routes {
  const known = decisive.get(routes);
  if (known !== undefined) return known;
  const byMatch = new Map<string, Routes[number]>();
  for (const route of [...routes].sort((a, b) => b.priority - a.priority)) {
    const key = JSON.stringify(route.match);
    if (!byMatch.has(key)) byMatch.set(key, route);
  }
  const found = [...byMatch.values()];
  decisive.set(routes, found);
  return found;
}
