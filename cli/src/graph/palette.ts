import type { NodeKind } from './drawing.js';

/** Colours of a node; text on its fill has a contrast of at least 4.5 to 1. */
export interface Colours {
  readonly fill: string;
  readonly stroke: string;
  readonly text: string;
}

const FOREIGN: Colours = { fill: '#ffffff', stroke: '#6e7781', text: '#424a53' };
const NAMED: Colours = { fill: '#f6f8fa', stroke: '#6e7781', text: '#1f2328' };

export const COLOURS: Readonly<Record<NodeKind, Colours>> = {
  gateway: { fill: '#ddf4ff', stroke: '#0969da', text: '#0a3069' },
  agent: { fill: '#fbefff', stroke: '#8250df', text: '#3e1f79' },
  sandbox: { fill: '#dafbe1', stroke: '#1a7f37', text: '#0f401b' },
  'egress-proxy': { fill: '#fff8c5', stroke: '#9a6700', text: '#4d2d00' },
  workload: { fill: '#eaeef2', stroke: '#57606a', text: '#1f2328' },
  pods: FOREIGN,
  host: NAMED,
  addresses: NAMED,
  entity: NAMED,
  anyone: NAMED,
};

/** What is wide open. */
export const RED: Colours = { fill: '#ffebe9', stroke: '#cf222e', text: '#82071e' };
