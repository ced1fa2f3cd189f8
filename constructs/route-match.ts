import type { IConstruct } from 'constructs';
import { RE2JS } from 're2js';
import { SynthError } from '../lib/errors/synth-error';
import type { GatewayDocumentInput } from '../lib/contract';
import type { Agent } from './agent';

type RouteMatchConfig = GatewayDocumentInput['routes'][number]['match'];

/** Which requests a route takes. */
export class RouteMatch {
  /** Requests that name this agent. */
  public static agent(agent: Agent): RouteMatch {
    return new RouteMatch({ by: 'agent', agent: agent.node.id }, agent);
  }

  /**
   * Requests without an agent whose `intent` matches. A route whose pattern is invalid fails with ROUTE_PATTERN_INVALID.
   *
   * @param pattern regular expression in RE2 syntax, unanchored, case-sensitive (`(?i)` makes it insensitive)
   */
  public static intent(pattern: string): RouteMatch {
    return new RouteMatch({ by: 'intent', pattern });
  }

  /** @internal */
  public readonly _agent?: Agent;
  private readonly config: RouteMatchConfig;

  private constructor(config: RouteMatchConfig, agent?: Agent) {
    this.config = config;
    this._agent = agent;
  }

  /** @internal */
  public _configFor(route: IConstruct): RouteMatchConfig {
    if (this.config.by === 'intent') checkPattern(this.config.pattern, route);
    return this.config;
  }
}

function checkPattern(pattern: string, route: IConstruct): void {
  try {
    if (pattern === '') throw new Error('it is empty, so it would match everything');
    RE2JS.compile(pattern);
  } catch (error) {
    throw new SynthError('ROUTE_PATTERN_INVALID', route, {
      message: `"${pattern}" is no regular expression in RE2 syntax: ${(error as Error).message}`,
      remedy: 'Correct it; RE2 has no look-around and no back-references, and ".*" matches everything',
    });
  }
}
