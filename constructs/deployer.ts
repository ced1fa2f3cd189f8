import { SynthError } from '../lib/errors/synth-error';
import { checkedLabel, checkedObjectName } from '../lib/workload/names';

/** Whoever has not logged in, groups that everybody is in, and those of all pods of the cluster or of a namespace. */
const EVERYBODY = /^system:(anonymous|authenticated|unauthenticated|serviceaccounts(:.*)?|nodes)$/;

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
  if (name !== '' && !EVERYBODY.test(name)) return name;
  throw new SynthError('DEPLOYER_INVALID', place, {
    message: name === '' ? 'the name is empty' : `"${name}" is everybody, or every pod`,
    remedy: 'Name the user or the group that applies the program, for example platform-team',
  });
}
