import type { GatewayDocument, Route, RouteAffinityConfig } from 'agentyard/contract';
import { RE2JS } from 're2js';
import { ALWAYS, conditionsOf, type Conditions, type RoutedRequest } from './route-conditions.js';

export type Backend = Route['backends'][number];

/** Where a request may go. */
export interface Destination {
  /** Name of the route; absent when the client named an agent that is only a backend of routes. */
  readonly route: string | undefined;
  readonly backends: readonly Backend[];
  /** Absent: each request goes where there is least to do. */
  readonly affinity?: RouteAffinityConfig;
}

/** A destination, and the requests that come to it. */
interface Rule {
  readonly holds: Conditions;
  readonly destination: Destination;
}

interface IntentRule extends Rule {
  readonly pattern: RE2JS;
}

/** The routes of one document, sorted and compiled once. */
export class RouteTable {
  /** By the agent that a client names, in the order in which they are tried. */
  private readonly agents = new Map<string, Rule[]>();
  private readonly intents: IntentRule[] = [];

  public constructor(routes: GatewayDocument['routes']) {
    // Array.sort is stable, so that ties keep the order of the document.
    const sorted = [...routes].sort((a, b) => b.priority - a.priority);
    for (const { name, match, backends, affinity } of sorted) {
      const rule = { holds: conditionsOf(match), destination: { route: name, backends, affinity } };
      if (match.by === 'intent') this.intents.push({ ...rule, pattern: RE2JS.compile(match.pattern) });
      else this.add(match.agent, rule);
    }
    // What only a route with conditions leads to stays behind them, also for those who know its name.
    for (const { match, backends } of sorted) {
      const holds = conditionsOf(match);
      for (const { agent } of backends) {
        this.add(agent, { holds, destination: { route: undefined, backends: [{ agent, weight: 1 }] } });
      }
    }
  }

  /** Whether any route names the agent, whatever its conditions. */
  public names(agent: string): boolean {
    return this.agents.has(agent);
  }

  /**
   * Backends for an agent that the client named: those of the first route of this agent whose conditions hold, else the
   * agent itself if it is a backend of a route whose conditions hold.
   */
  public byAgent(agent: string, request: RoutedRequest): Destination | undefined {
    return this.agents.get(agent)?.find(({ holds }) => holds(request))?.destination;
  }

  /**
   * Backends of the first route whose conditions hold and whose pattern is found in the intent, in time linear in the
   * intent.
   */
  public byIntent(intent: string, request: RoutedRequest): Destination | undefined {
    return this.intents.find(({ holds, pattern }) => holds(request) && pattern.test(intent))?.destination;
  }

  /** After a rule without conditions no other one is ever reached. */
  private add(agent: string, rule: Rule): void {
    const rules = this.agents.get(agent) ?? [];
    if (rules.at(-1)?.holds !== ALWAYS) rules.push(rule);
    this.agents.set(agent, rules);
  }
}
