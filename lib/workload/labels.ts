import type { IConstruct } from 'constructs';
import { SynthError } from '../errors/synth-error';

/** What serves requests: a runtime of ours, or an MCP server of others. */
export type ServingRuntime = 'gateway' | 'agent' | 'sandbox' | 'egress-proxy' | 'mcp-server';

/** What a pod runs. */
export type Runtime = ServingRuntime | 'identity';

/** Label of pods that says which runtime they run. */
export const RUNTIME_LABEL = 'agentyard.dev/runtime';

/** Label of objects that says which app they are of. */
export const APP_LABEL = 'agentyard.dev/app';

/** Labels that select the pods of one workload within its namespace. Users cannot set them. */
export function selectorLabels(runtime: Runtime, name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, [RUNTIME_LABEL]: runtime };
}

/** Labels of everything that belongs to a workload. */
export function objectLabels(runtime: Runtime, name: string): Record<string, string> {
  return { ...selectorLabels(runtime, name), 'app.kubernetes.io/managed-by': 'agentyard' };
}

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Checks labels that a program gives. One without a value would be left out, and a selector with it mean more pods.
 *
 * @throws SynthError LABEL_INVALID
 */
export function checkedLabels(place: IConstruct | string, labels: Readonly<Record<string, string>>) {
  const wrong = Object.entries(labels).find(([key, value]) => !isLabelKey(key) || !isLabelValue(value));
  if (wrong === undefined) return labels;
  throw new SynthError('LABEL_INVALID', place, {
    message: `"${wrong[0]}: ${wrong[1]}" is no label`,
    remedy:
      'Key and value take at most 63 of letters, digits, "-", "_" and ".", beginning and ending with a letter or digit; the key may have a DNS prefix and "/"',
  });
}

/** Whether a text can be the key of a label. */
export function isLabelKey(key: string): boolean {
  return LABEL_KEY.test(key);
}

const isLabelValue = (value: unknown) => typeof value === 'string' && LABEL_VALUE.test(value);
