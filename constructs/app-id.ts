import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { APP_LABEL } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';
import { ScopedValue } from './scoped-value';

const ids = new ScopedValue<AppId>();
/** Apps that were told already that they have none. */
const told = new WeakSet<IConstruct>();

/**
 * Id of an app: the label `agentyard.dev/app` of all objects of this library, by which those are found and removed that
 * are no longer in the program. Unique among the apps that are applied to one cluster.
 */
export class AppId {
  /** @param id a DNS label, for example `support-platform` */
  public static of(id: string): AppId {
    return new AppId(checkedLabel('AppId', id));
  }

  /**
   * The id as a label. Without one, the app is told once that it needs one.
   *
   * @internal
   */
  public static _labelsFor(construct: IConstruct): Record<string, string> {
    const found = ids.of(construct);
    if (found !== undefined) return { [APP_LABEL]: found.id };
    const { root } = construct.node;
    if (!told.has(root)) reportFault(root, missing(construct));
    told.add(root);
    return {};
  }

  /** The id. */
  public readonly id: string;

  private constructor(id: string) {
    this.id = id;
  }

  /**
   * Gives the id to a construct and to all that is made below it afterwards.
   *
   * @param scope the app, or a chart that is applied by itself
   */
  public applyTo(scope: IConstruct): void {
    ids.set(scope, this);
  }
}

function missing(construct: IConstruct): SynthError {
  return new SynthError('APP_ID_MISSING', construct, {
    message:
      'its app had no id when it was made, so what is removed from the program could not be found in the cluster',
    remedy:
      "Give one that no other app of the cluster has: new App({ id: 'support-platform' }), or AppId.of('support-platform').applyTo(app) first",
  });
}
