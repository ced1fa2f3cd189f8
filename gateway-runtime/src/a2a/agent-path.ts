/** Where a gateway has an agent for clients of A2A. */
export function pathOf(agent: string): string {
  return `/a2a/${agent}`;
}
