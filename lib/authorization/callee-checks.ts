import { fact, type Check } from './check';
import type { Client } from './client';
import type { Agent, Binding, Gateway, Program, Toolset } from './program';

/** The entry of a callee's document about a client. */
export function callerNamed<C extends { readonly subject: string }>(
  callers: readonly C[],
  { subject }: Client,
): C | undefined {
  return callers.find((caller) => caller.subject === subject);
}

/** That a callee knows a client. @param entry the one about it in the callee's document */
export function namesCaller({ title }: Agent | Toolset, entry: object | undefined, client: Client): Check {
  return fact(entry !== undefined, `${title} does not name ${client.title} (${client.subject}) among its callers`);
}

/** That a gateway or agent calls a callee where it serves, with a token for it. @param binding absent: it does not call it */
export function bindingChecks(
  program: Program,
  from: Gateway | Agent,
  binding: Binding | undefined,
  callee: Agent | Toolset,
): Check[] {
  const { title, document } = callee;
  const own = document.identity.audience;
  const audience = binding?.serviceToken.audience;
  return [
    fact(
      binding !== undefined && program.leadsTo(from, binding, callee),
      `${from.title} calls ${title} at ${binding?.host}:${binding?.port}, where it does not serve`,
    ),
    fact(audience === own, `${from.title} shows ${title} a token for ${audience}, which takes those for ${own}`),
  ];
}

/** That the network lets a client through. */
export function connects(program: Program, { title, end }: Client, callee: Agent | Toolset): Check {
  const verdict = () => program.connection(end, callee);
  return {
    kind: 'fact',
    holds: () => verdict().allowed,
    because: () => verdict().because,
    missing: () => {
      const { port } = callee.document.listen;
      return `${title} may not connect to ${callee.title} at TCP ${port}: ${verdict().because.join('; ')}`;
    },
  };
}
