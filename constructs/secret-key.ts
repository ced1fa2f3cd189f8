import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import type { SecretKey } from '../lib/identity/keycloak/realm-spec';
import { checkedObjectName } from '../lib/workload/names';

/** One entry of a Secret, by names that Kubernetes takes. @throws SynthError NAME_INVALID */
export function checkedSecretKey(place: IConstruct | string, secretName: string, key: string): SecretKey {
  if (/^[-._a-zA-Z0-9]{1,253}$/.test(key)) return { secretName: checkedObjectName(place, secretName), key };
  throw new SynthError('NAME_INVALID', place, {
    message: `"${key}" is no entry of a Secret`,
    remedy: 'Use letters, digits, "-", "_" and "."',
  });
}
