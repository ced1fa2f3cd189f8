import fc from 'fast-check';
import { Calls, toolKey, type Principal, type ToolId } from 'agentyard/authorization';
import { CRON, OUTSIDER, ROLES } from './random-documents';
import { coherentProgram, randomProgram, type RandomProgram } from './random-program';
import { SimulatedPlatform } from './simulated-platform';
import { nameOf, subjectOf } from './small-program';

const SEED = Number(process.env.SEED ?? 20_261_126);
const TIMES = Number(process.env.TIMES ?? 1);

/** All sets of roles. */
const ROLE_SETS = ROLES.reduce<string[][]>((sets, role) => [...sets, ...sets.map((set) => [...set, role])], [[]]);

const SERVICES = [
  CRON,
  OUTSIDER,
  { name: 'a1', namespace: 'agents' },
  { name: 'a2', namespace: 'agents' },
  { name: 'g1', namespace: 'edge' },
].map(subjectOf);

const toolsFor = (calls: Calls, principal: Principal) => calls.toolsFor(principal).map(toolKey).sort();

const principalsOf = ({ gateways }: RandomProgram): Principal[] => [
  ...gateways.flatMap((gateway) => ROLE_SETS.map((roles) => ({ roles, gateway: nameOf(gateway) }))),
  ...SERVICES.map((subject) => ({ subject })),
];

/** What the simulated runtimes let somebody do. */
function tried(program: RandomProgram, principal: Principal): string[] {
  const platform = new SimulatedPlatform(program);
  if (!('roles' in principal)) return [...platform.afterService(principal.subject)].sort();
  const gateway = program.gateways.find((one) => nameOf(one) === principal.gateway)!;
  return [...platform.afterUser(gateway, principal.roles)].sort();
}

/** Whom an agent without a manifest serves beside users is not known: only what services do without agents. */
const isKnownApart = (calls: Calls, principal: Principal, tool: ToolId) =>
  calls.canCall(principal, tool).paths.some(({ hops }) => 'roles' in principal || hops.length === 2);

const options = (runs: number) => ({ seed: SEED, numRuns: runs * TIMES });

describe('who may call which tool', () => {
  it('is what comes out when runtimes are asked for everything', () => {
    fc.assert(
      fc.property(randomProgram, (program) => {
        const calls = Calls.fromObjects(program.objects);
        for (const principal of principalsOf(program)) {
          expect([principal, toolsFor(calls, principal)]).toEqual([principal, tried(program, principal)]);
        }
      }),
      options(300),
    );
  });

  it('needs the fewest roles with which it comes out', () => {
    fc.assert(
      fc.property(randomProgram, (program) => {
        const calls = Calls.fromObjects(program.objects);
        for (const gateway of program.gateways.map(nameOf)) {
          const ran = ROLE_SETS.map((roles) => ({ roles, tools: tried(program, { roles, gateway }) }));
          for (const tool of calls.tools) {
            const enough = ran.filter(({ tools }) => tools.includes(toolKey(tool))).map(({ roles }) => roles);
            const isLarger = (set: string[]) =>
              enough.some((other) => other.length < set.length && other.every((role) => set.includes(role)));
            const fewest = enough.filter((set) => !isLarger(set));
            expect(calls.fewestRolesFor(tool, gateway).map(String).sort()).toEqual(fewest.map(String).sort());
            const single = enough.filter(({ length }) => length === 1).flat();
            const hasNone = enough.some(({ length }) => length === 0);
            expect(calls.rolesFor(tool, gateway)).toEqual(hasNone ? '*' : single);
          }
        }
      }),
      options(60),
    );
  });

  it('does not shrink when a manifest is left out', () => {
    fc.assert(
      fc.property(coherentProgram, fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }), (program, gone) => {
        const left = program.objects.filter(({ kind }, i) => kind === 'ConfigMap' || !gone.includes(i));
        const [whole, part] = [program.objects, left].map((objects) => Calls.fromObjects(objects)) as [Calls, Calls];
        const served = new Set(part.tools.map(toolKey));
        for (const principal of principalsOf(program)) {
          const tools = whole.tools.filter((tool) => served.has(toolKey(tool)) && isKnownApart(whole, principal, tool));
          const keys = tools.map(toolKey);
          if (keys.length > 0) expect(toolsFor(part, principal)).toEqual(expect.arrayContaining(keys));
        }
      }),
      options(150),
    );
  });

  it('is told for each tool with its ways, or with what is missing', () => {
    fc.assert(
      fc.property(randomProgram, (program) => {
        const calls = Calls.fromObjects(program.objects);
        for (const principal of principalsOf(program)) {
          for (const tool of calls.tools) {
            const { allowed, paths, whyNot } = calls.canCall(principal, tool);
            expect(paths.length > 0).toBe(allowed);
            expect(whyNot === undefined).toBe(allowed);
          }
        }
      }),
      options(20),
    );
  });

  it('differs between programs, so that these properties say something', () => {
    const allowed = fc.sample(randomProgram, { seed: SEED, numRuns: 40 }).map((program) => {
      const calls = Calls.fromObjects(program.objects);
      return principalsOf(program).flatMap((principal) => toolsFor(calls, principal)).length;
    });
    expect(new Set(allowed).size).toBeGreaterThan(15);
  });
});
