import type { IConstruct } from 'constructs';
import { reportFault } from '../errors/deferred';
import { SynthError, type SynthFault } from '../errors/synth-error';
import { secretInVariable } from '../hardening/secret-text';

/** A variable of a container. */
export type Variable = Readonly<Record<string, unknown>> & { readonly name: string };

/** A program's own variables. Those that the runtime needs, or that are none, fail the synthesis. */
export function ownVariables(
  place: IConstruct,
  own: readonly Variable[],
  taken: readonly Readonly<Record<string, unknown>>[],
): Variable[] {
  const names = new Set(taken.map(({ name }) => name));
  return own.filter(({ name, value }) => {
    const code = isVariableName(name) ? 'ENV_RESERVED' : 'ENV_INVALID';
    const fault = variableFault(name, names.has(name));
    if (fault !== undefined) reportFault(place, new SynthError(code, place, fault));
    return fault === undefined && isNoSecret(place, name, value);
  });
}

/** A value that looks like a secret is a fault, and stands in no manifest and no message. */
function isNoSecret(place: IConstruct, name: string, value: unknown): boolean {
  const secret = typeof value === 'string' ? secretInVariable(name, value) : undefined;
  if (secret === undefined) return true;
  const fault = {
    message: `the value of the environment variable ${name} looks like ${secret}, and would stand in manifests`,
    remedy: 'Refer to a Secret: EnvValue.fromSecretValue({ secret, key }), and revoke the value if it is real',
  };
  reportFault(place, new SynthError('SECRET_IN_TEXT', place, fault));
  return false;
}

/** Faults of a program's own variables that the way through the egress proxy needs; known when the program is complete. */
export function proxyVariableFaults(place: IConstruct, own: readonly string[], proxy: readonly string[]): string[] {
  return own
    .filter((name) => proxy.includes(name))
    .map((name) => {
      const message = `the environment variable ${name} is set for the egress proxy already`;
      const remedy = 'Remove it from env, or use an engine that needs no proxy';
      return new SynthError('ENV_RESERVED', place, { message, remedy }).message;
    });
}

function variableFault(name: string, taken: boolean): SynthFault | undefined {
  if (!isVariableName(name)) {
    return {
      message: `"${name}" is no name of an environment variable`,
      remedy: 'Use letters, digits and "_", not beginning with a digit',
    };
  }
  if (name.startsWith('AGENTYARD_')) {
    return {
      message: `the environment variable ${name} is reserved for the runtime`,
      remedy: 'Choose a name that does not begin with AGENTYARD_',
    };
  }
  if (!taken) return undefined;
  return {
    message: `the environment variable ${name} is set from the model's credentials, the cluster's profile or the pod's own address already`,
    remedy: 'Remove it from env, or from there',
  };
}

const isVariableName = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
