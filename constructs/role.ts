import type { IConstruct } from 'constructs';
import { ANY_CALLER, roleName as roleNameSchema } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';

/** A role of users, by which tools and agents say who may call them. */
export class Role {
  /** Stands for every caller that the gateway lets in, whatever its roles. */
  public static anyCaller(): Role {
    return new Role(ANY_CALLER);
  }

  /** A role that is declared elsewhere: by an issuer outside of the program, or on API keys. */
  public static fromRoleName(name: string): Role {
    return new Role(checkedRoleName('Role.fromRoleName', name));
  }

  /** @internal */
  public static _ofRealm(realm: IConstruct, name: string): Role {
    return new Role(checkedRoleName(realm, name), realm);
  }

  /** Name of the role, as tokens and API keys carry it. */
  public readonly roleName: string;
  /** The realm that declares it; absent for roles of elsewhere. @internal */
  public readonly _realm?: IConstruct;

  private constructor(roleName: string, realm?: IConstruct) {
    this.roleName = roleName;
    this._realm = realm;
  }
}

function checkedRoleName(place: IConstruct | string, name: string): string {
  if (roleNameSchema.safeParse(name).success) return name;
  throw new SynthError('ROLE_INVALID', place, {
    message: `"${name}" is no name of a role`,
    remedy: 'Use 1 to 128 letters, digits and "._:/-", a letter or digit first',
  });
}
