import type { IConstruct } from 'constructs';
import type { QuotaInput } from '../lib/contract';
import { rangedNumber } from '../lib/workload/ranged-number';
import type { Agent } from './agent';
import type { Role } from './role';

const MOST = 1_000_000_000;

/** Part of a quota that a request is charged when it begins. */
const RESERVED_SHARE = 0.01;

/** Options of every quota. */
export interface QuotaOptions {
  /**
   * What a request is charged when it begins; it is corrected when its usage is known.
   * @default - a hundredth of the quota
   */
  readonly reserve?: number;
  /**
   * Only users with one of these roles.
   * @default - all users
   */
  readonly roles?: Role[];
  /**
   * Only what these agents use.
   * @default - all agents of the gateway
   */
  readonly agents?: Agent[];
}

/** How much each user of a gateway may use in a day, UTC. Needs the gateway's `store`, and nobody may use anything while it is down. */
export class Quota {
  /** Tokens, in and out. @param name a DNS label, as clients and logs see it. @param tokens for each user */
  public static tokensPerDay(name: string, tokens: number, options: QuotaOptions = {}): Quota {
    return new Quota(name, 'tokens', tokens, options);
  }

  /**
   * Money, by the prices of the agents' models and in their currency.
   *
   * @param name a DNS label, as clients and logs see it
   * @param amount for each user
   */
  public static moneyPerDay(name: string, amount: number, options: QuotaOptions = {}): Quota {
    return new Quota(name, 'money', amount, options);
  }

  /** @internal */
  public readonly _name: string;
  private readonly unit: 'tokens' | 'money';
  private readonly perDay: number;
  private readonly options: QuotaOptions;

  private constructor(name: string, unit: 'tokens' | 'money', perDay: number, options: QuotaOptions) {
    this._name = name;
    this.unit = unit;
    this.perDay = perDay;
    this.options = options;
  }

  /** The agents of a gateway whose use it charges in money. @internal */
  public _priced(agents: readonly Agent[]): Agent[] {
    const { agents: own } = this.options;
    return this.unit === 'money' ? agents.filter((agent) => own?.includes(agent) ?? true) : [];
  }

  /** What a gateway's document says of it. @internal */
  public _section(place: IConstruct): QuotaInput {
    const { roles, agents, reserve } = this.options;
    const whole = this.unit === 'tokens';
    const range = { least: whole ? 1 : 0.000001, most: MOST, whole };
    const perDay = rangedNumber(place, `quotas.${this._name}`, this.perDay, range) ?? 1;
    const usual = whole ? Math.ceil(perDay * RESERVED_SHARE) : perDay * RESERVED_SHARE;
    const most = { ...range, most: perDay };
    return {
      name: this._name,
      unit: this.unit,
      perDay,
      reserve: rangedNumber(place, `quotas.${this._name}.reserve`, reserve, most) ?? usual,
      roles: roles?.map(({ roleName }) => roleName),
      agents: agents?.map(({ node }) => node.id),
    };
  }
}
