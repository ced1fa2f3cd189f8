import { Calls, type Principal } from 'agentyard/authorization';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { documents, objectsOf, PURGE, type Documents } from './support-program';

/** The answers after an edit of the documents. */
function calls(edit: (documents: Documents) => void): Calls {
  const edited = documents();
  edit(edited);
  return Calls.fromObjects(objectsOf(edited));
}

const role = (...roles: string[]): Principal => ({ roles });

describe('users of a gateway whose routes have conditions', () => {
  type Match = GatewayDocumentInput['routes'][number]['match'];
  const byName: Match = { by: 'agent', agent: 'support' };
  const routed = (...matches: Match[]) =>
    calls(({ gateway }) => {
      gateway.routes = matches.map((match, i) => ({
        name: `route-${i}`,
        priority: 10 - i,
        match,
        backends: [{ agent: 'support', weight: 1 }],
      }));
    });

  it('need a role of one of the routes', () => {
    const one = routed({ ...byName, callerRoles: ['operator'] });
    expect(one.canCall(role('admin'), PURGE).whyNot).toBe(
      'gateway edge/front has a route to agent agents/support, but it asks for operator',
    );
    expect(one.fewestRolesFor(PURGE)).toEqual([['admin', 'operator']]);
    expect(one.canCall(role('admin', 'operator'), PURGE).paths[0]?.because).toContain(
      'gateway edge/front has a route to agent agents/support for role operator',
    );
    const two = routed(
      { ...byName, callerRoles: ['operator'] },
      { by: 'intent', pattern: '.', callerRoles: ['guest', 'admin'] },
    );
    expect(two.canCall(role('admin'), PURGE).allowed).toBe(true);
    expect(two.roles).toContain('guest');
  });

  it('may call by a route for all beside them, and send whatever headers are asked for', () => {
    const headers = [{ by: 'value' as const, name: 'x-tier', value: 'gold' }];
    for (const matches of [
      [{ ...byName, callerRoles: ['operator'] }, byName],
      [byName, { ...byName, callerRoles: ['operator'] }],
      [{ ...byName, headers }],
    ]) {
      expect(routed(...matches).canCall(role('admin'), PURGE).allowed).toBe(true);
    }
  });

  it('come by a route that stands behind one for some, but not behind one for all', () => {
    const elsewhere = (more: Partial<Match>) =>
      calls(({ gateway }) => {
        const [own] = gateway.routes;
        gateway.agents.push({ ...gateway.agents[0]!, name: 'other' });
        const backends = [{ agent: 'other', weight: 1 }];
        gateway.routes = [
          { ...own!, name: 'first', priority: 9, match: { ...byName, ...more } as Match, backends },
          own!,
        ];
      });
    const viaName = (all: Calls) =>
      all.canCall(role('admin'), PURGE).paths.flatMap(({ because }) => because.filter((text) => /by route/.test(text)));
    expect(viaName(elsewhere({ callerRoles: ['guest'] }))).toContain(
      'gateway edge/front sends requests to agent agents/support by route by-name',
    );
    expect(viaName(elsewhere({}))).not.toContain(
      'gateway edge/front sends requests to agent agents/support by route by-name',
    );
  });
});
