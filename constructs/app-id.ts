import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { APP_LABEL } from '../lib/workload/labels';
import { checkedLabel } from '../lib/workload/names';

const ids = new WeakMap<IConstruct, AppId>();
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
    const { root } = construct.node;
    const found = ids.get(root);
    if (found !== undefined) return { [APP_LABEL]: found.id };
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
   * Gives the id to an app, before all that is made in it. Throws NAME_TAKEN if it has another already.
   *
   * @param app the root of the program
   */
  public applyTo(app: IConstruct): void {
    const { root } = app.node;
    const other = ids.get(root);
    if (other !== undefined && other.id !== this.id) {
      throw new SynthError('NAME_TAKEN', 'AppId', {
        message: `the app has the id "${other.id}" already, and is given "${this.id}"`,
        remedy: 'Give one id; charts that are applied by themselves belong into apps of their own',
      });
    }
    ids.set(root, this);
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
