import { InvalidArgumentError } from 'commander';

/** Collects `<name>=<value>` of an option that may be given more than once. */
export function assignment(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || value === '') throw new InvalidArgumentError('It must be <name>=<value>.');
  if (Object.hasOwn(previous, name)) throw new InvalidArgumentError(`"${name}" is given twice.`);
  return { ...previous, [name]: value };
}

/** Collects `<name>=<count>`, the count being 1 to 20. */
export function countAssignment(
  text: string,
  previous: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  if (at < 1) throw new InvalidArgumentError('It must be <name>=<count>.');
  if (Object.hasOwn(previous, name)) throw new InvalidArgumentError(`"${name}" is given twice.`);
  return { ...previous, [name]: integer(text.slice(at + 1), 1, 20) };
}

/** A TCP port; 0 takes any. */
export function portNumber(text: string): number {
  return integer(text, 0, 65535);
}

function integer(text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
}
