import { approval, approvalList, parseValue, type Approval, type ApprovalDecision } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import { printable } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import { asked, gatewayAt, type GatewayRequest } from '../gateway-client/gateway-client.js';

/** Where `agentyard approvals` looks. */
export interface ApprovalsOptions {
  readonly agent: string;
  /** Base URL. */
  readonly gateway: string;
  /** @default false */
  readonly json?: boolean;
}

/** What is decided. */
export interface DecideOptions extends Omit<ApprovalsOptions, 'json'> {
  /** Id of the approval. */
  readonly id: string;
  readonly approved: boolean;
  /** Ids of calls. @default - all */
  readonly call?: readonly string[];
  readonly reason?: string;
}

/** Lists what waits at an agent. @returns the exit code */
export function runList(options: ApprovalsOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  return orTold(terminal, async () => {
    const value = await answerOf(options, { method: 'GET', signal });
    const { approvals } = read(() => parseValue(approvalList, value, 'the answer'));
    if (options.json === true) terminal.out(`${JSON.stringify(approvals, undefined, 2)}\n`);
    else terminal.out(approvals.length === 0 ? 'nothing waits for you\n' : approvals.map(render).join('\n'));
    return 0;
  });
}

/** Approves or denies calls. @returns the exit code */
export function runDecide(options: DecideOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  return orTold(terminal, async () => {
    const { id, approved, call, reason } = options;
    const body: ApprovalDecision = { id, approved, calls: call && [...call], reason };
    const value = await answerOf(options, { method: 'POST', body, signal });
    terminal.out(render(read(() => parseValue(approval, value, 'the answer'))));
    return 0;
  });
}

async function answerOf(
  { agent, gateway }: ApprovalsOptions,
  request: Pick<GatewayRequest, 'method' | 'body' | 'signal'>,
): Promise<unknown> {
  const path = `/v1/approvals/${encodeURIComponent(agent)}`;
  const answers = asked(gatewayAt(gateway), { ...request, path, accept: 'application/json' }, process.env, jsonOf);
  for await (const answer of answers) return answer;
  throw new DevError('the gateway gives no answer');
}

async function* jsonOf(response: Response): AsyncGenerator<unknown> {
  const text = await response.text();
  yield read(() => JSON.parse(text) as unknown);
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new DevError('the answer is no list of approvals: is this the address of a gateway?');
  }
}

function render({ id, agent, user, requestedAt, expiresAt, calls }: Approval): string {
  const lines = calls.map(({ id: call, toolset, tool, input, decision }) => {
    const state = decision === undefined ? 'waits' : `${decision.approved ? 'approved' : 'denied'} by ${decision.by}`;
    return `  ${printable(call)}  ${toolset}/${tool} ${printable(JSON.stringify(input))}  ${printable(state)}\n`;
  });
  return `${id}  ${agent} for ${printable(user)}, since ${requestedAt}, until ${expiresAt}\n${lines.join('')}`;
}
