import type { GatewayDocument } from 'agentyard/contract';
import { RE2JS } from 're2js';

export type Backend = GatewayDocument['routes'][number]['backends'][number];

/** Where a request may go. */
export interface Destination {
  /** Name of the route; absent when the client named an agent that is only a backend of routes. */
  readonly route: string | undefined;
  readonly backends: readonly Backend[];
}

interface IntentRule {
  readonly pattern: RE2JS;
  readonly destination: Destination;
}

/** The routes of one document, sorted and compiled once. */
export class RouteTable {
  private readonly agents = new Map<string, Destination>();
  private readonly intents: readonly IntentRule[];

  public constructor(routes: GatewayDocument['routes']) {
    // Array.sort is stable, so that ties keep the order of the document.
    const sorted = [...routes].sort((a, b) => b.priority - a.priority);
    const intents: IntentRule[] = [];
    for (const { name, match, backends } of sorted) {
      const destination = { route: name, backends };
      if (match.by === 'intent') intents.push({ pattern: RE2JS.compile(match.pattern), destination });
      else if (!this.agents.has(match.agent)) this.agents.set(match.agent, destination);
    }
    this.intents = intents;
    for (const { agent } of routes.flatMap(({ backends }) => backends)) {
      if (!this.agents.has(agent)) this.agents.set(agent, { route: undefined, backends: [{ agent, weight: 1 }] });
    }
  }

  /**
   * Backends for an agent that the client named: those of the first route that matches its name, else the agent
   * itself if it is a backend of any route. Absent when no route names it.
   */
  public byAgent(agent: string): Destination | undefined {
    return this.agents.get(agent);
  }

  /** Backends of the first route whose pattern is found in the intent, in time linear in the intent. */
  public byIntent(intent: string): Destination | undefined {
    return this.intents.find(({ pattern }) => pattern.test(intent))?.destination;
  }
}
