import { Construct } from 'constructs';
import type { GatewayDocumentInput } from '../lib/contract';
import { deferFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { checkedLabel } from '../lib/workload/names';
import type { Agent } from './agent';
import type { McpGateway } from './mcp-gateway';
import type { Role } from './role';
import type { RouteAffinity } from './route-affinity';
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
  /**
   * Which requests go to the same pod.
   * @default - none: each goes to the pod with the fewest requests in flight
   */
  readonly affinity?: RouteAffinity;
}

/** Properties of a route. */
export interface RouteProps extends RouteOptions {
  /** The gateway that it belongs to, also one of another chart. */
  readonly gateway: McpGateway;
}

const LARGEST = 1_000_000;
const USUAL_WEIGHT = 100;
const USUAL_PRIORITY = 0;
/** Stands for a match whose fault fails the synthesis anyway. */
const UNKNOWN_MATCH = { by: 'intent' as const, pattern: '-' };

/**
 * A rule of a gateway: which requests go to which agents. Its id is its name, unique in the gateway. One with a fault is
 * no part of its gateway, opens nothing, and fails the synthesis.
 */
export class Route extends Construct {
  /** @internal */
  public readonly _backends: readonly Required<RouteBackend>[];
  /** Roles that callers need for it to take their requests. @internal */
  public readonly _callerRoles: readonly Role[];
  /** @internal */
  public readonly _config: GatewayDocumentInput['routes'][number];
  private faulty = false;

  public constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    const own = props.match._agent;
    const given = props.backends ?? (own === undefined ? [] : [{ agent: own }]);
    this._backends = given.map(({ agent, weight = USUAL_WEIGHT }) => ({
      agent,
      weight: this.orFault(() => this.number('ROUTE_WEIGHT_INVALID', 'weight', weight), USUAL_WEIGHT),
    }));
    this._callerRoles = props.match._callerRoles;
    const { priority = USUAL_PRIORITY } = props;
    this._config = {
      name: this.orFault(() => checkedLabel(this, id), id),
      priority: this.orFault(() => this.number('ROUTE_PRIORITY_INVALID', 'priority', priority), USUAL_PRIORITY),
      match: this.orFault(() => props.match._configFor(this), UNKNOWN_MATCH),
      backends: this._backends.map(({ agent, weight }) => ({ agent: agent.node.id, weight })),
      affinity: this.orFault(() => props.affinity?._configFor(this), undefined),
    };
    this.orFault(() => this.requireBackend(), undefined);
    if (!this.faulty) deferFault(this, () => props.gateway._attach(this, own), undefined);
  }

  /** What a check returns; its fault keeps the route out of its gateway. */
  private orFault<T>(check: () => T, substitute: T): T {
    return deferFault(
      this,
      () => {
        const before = this.faulty;
        this.faulty = true;
        const value = check();
        this.faulty = before;
        return value;
      },
      substitute,
    );
  }

  private requireBackend(): void {
    if (this._backends.some(({ weight }) => weight > 0)) return;
    throw new SynthError('ROUTE_BACKEND_MISSING', this, {
      message: 'no backend has a weight above 0',
      remedy: 'Add one: backends: [{ agent: support, weight: 100 }]',
    });
  }

  private number(code: 'ROUTE_WEIGHT_INVALID' | 'ROUTE_PRIORITY_INVALID', prop: string, value: number): number {
    if (Number.isInteger(value) && value >= 0 && value <= LARGEST) return value;
    const fault = { message: `${prop} is ${value}`, remedy: `Give a whole number from 0 to ${LARGEST}` };
    throw new SynthError(code, this, fault);
  }
}
