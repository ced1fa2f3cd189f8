import { Construct } from 'constructs';
import type { GatewayDocumentInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { checkedLabel } from '../lib/workload/names';
import type { Agent } from './agent';
import type { McpGateway } from './mcp-gateway';
import type { RouteMatch } from './route-match';

/** An agent that a route sends requests to. */
export interface RouteBackend {
  /** The agent. */
  readonly agent: Agent;
  /**
   * Share of the requests, relative to the other weights; 0 gets none.
   * @default 100
   */
  readonly weight?: number;
}

/** Options of a route. */
export interface RouteOptions {
  /** Which requests it takes. */
  readonly match: RouteMatch;
  /**
   * The highest priority wins; ties go to the route declared first.
   * @default 0
   */
  readonly priority?: number;
  /**
   * Agents that get the requests, by weight.
   * @default - the agent of `RouteMatch.agent`; required with `RouteMatch.intent`
   */
  readonly backends?: RouteBackend[];
}

/** Properties of a route. */
export interface RouteProps extends RouteOptions {
  /** The gateway that it belongs to, also one of another chart. */
  readonly gateway: McpGateway;
}

const LARGEST = 1_000_000;

/** A rule of a gateway: which requests go to which agents. Its id is its name, unique in the gateway. */
export class Route extends Construct {
  /** @internal */
  public readonly _backends: readonly Required<RouteBackend>[];
  /** @internal */
  public readonly _config: GatewayDocumentInput['routes'][number];

  public constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    const own = props.match._agent;
    const given = props.backends ?? (own === undefined ? [] : [{ agent: own }]);
    this._backends = given.map(({ agent, weight }) => ({
      agent,
      weight: this.checked('ROUTE_WEIGHT_INVALID', 'weight', weight ?? 100),
    }));
    if (!this._backends.some(({ weight }) => weight > 0)) {
      throw new SynthError('ROUTE_BACKEND_MISSING', this, {
        message: 'no backend has a weight above 0',
        remedy: 'Add one: backends: [{ agent: support, weight: 100 }]',
      });
    }
    this._config = {
      name: checkedLabel(this, id),
      priority: this.checked('ROUTE_PRIORITY_INVALID', 'priority', props.priority ?? 0),
      match: props.match._configFor(this),
      backends: this._backends.map(({ agent, weight }) => ({ agent: agent.node.id, weight })),
    };
    props.gateway._attach(this, props.match._agent);
  }

  private checked(code: 'ROUTE_WEIGHT_INVALID' | 'ROUTE_PRIORITY_INVALID', prop: string, value: number): number {
    if (Number.isInteger(value) && value >= 0 && value <= LARGEST) return value;
    throw new SynthError(code, this, {
      message: `${prop} is ${value}`,
      remedy: `Give a whole number from 0 to ${LARGEST}`,
    });
  }
}
