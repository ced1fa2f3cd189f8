import { InvalidArgumentError } from 'commander';
import { roleName } from 'agentyard/contract';

/** Reads the name of an object or a namespace. */
export function objectName(text: string): string {
  if (/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the name of a Kubernetes object.');
}

/** Reads `<name>` or `<namespace>/<name>`. */
export function gatewayName(text: string): string {
  const parts = text.split('/');
  if (parts.length > 2) throw new InvalidArgumentError('It must be <name> or <namespace>/<name>.');
  return parts.map(objectName).join('/');
}

/** Reads whom a key stands for. Audit lines and tables name it, so it is one line. */
export function userName(text: string): string {
  if (/^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text) && text.length <= 256 && text.trim() === text) return text;
  throw new InvalidArgumentError('It must be 1 to 256 characters, without line breaks and without spaces around it.');
}

/** Collects roles of an option that may be given more than once. */
export function role(text: string, previous: readonly string[]): readonly string[] {
  const { success, error } = roleName.safeParse(text);
  if (success) return [...previous, text];
  throw new InvalidArgumentError(`It ${error.issues.map(({ message }) => message).join(', ')}.`);
}

/** Collects ids of keys, or names of entries of their Secret. */
export function keyId(text: string, previous: readonly string[] = []): readonly string[] {
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(text))
    throw new InvalidArgumentError('It must be the id of a key, as `agentyard keys list` shows it.');
  return previous.includes(text) ? previous : [...previous, text];
}
