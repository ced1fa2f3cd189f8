import { SynthError } from '../lib/errors/synth-error';
import { checkedLabel, checkedObjectName } from '../lib/workload/names';

/** Groups that everybody is in, or every pod. */
const EVERYBODY = ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'];

/** Who applies a program to the cluster, as the API server knows it. */
export class Deployer {
  /** A ServiceAccount of the cluster, for example of a GitOps controller. */
  public static serviceAccount(namespace: string, name: string): Deployer {
    const place = 'Deployer.serviceAccount';
    return new Deployer(`system:serviceaccount:${checkedLabel(place, namespace)}:${checkedObjectName(place, name)}`);
  }

  /** A user. @param name as the cluster's authentication gives it */
  public static user(name: string): Deployer {
    return new Deployer(checked('Deployer.user', name));
  }

  /** All users of a group. @param name as the cluster's authentication gives it */
  public static group(name: string): Deployer {
    return new Deployer(undefined, checked('Deployer.group', name));
  }

  /** @internal */
  public readonly _user?: string;
  /** @internal */
  public readonly _group?: string;

  private constructor(user?: string, group?: string) {
    this._user = user;
    this._group = group;
  }
}

function checked(place: string, name: string): string {
  if (name !== '' && !EVERYBODY.includes(name)) return name;
  throw new SynthError('DEPLOYER_INVALID', place, {
    message: name === '' ? 'the name is empty' : `"${name}" is everybody`,
    remedy: 'Name the user or the group that applies the program, for example platform-team',
  });
}
