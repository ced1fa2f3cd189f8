import type { InvokeResponse, StreamEvent, ToolCall } from 'agentyard/contract';
import { printable, printableText } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';

const LONGEST_INPUT = 200;

/** Shows an invocation while it goes on: a line for each tool call, and what the agent says as it says it. */
export class Transcript {
  /** Whether what the agent says last has ended its line. */
  private atLineStart = true;
  private hasText = false;

  public constructor(private readonly terminal: Terminal) {}

  /** @returns the whole answer, when it is complete */
  public take(event: StreamEvent): InvokeResponse | undefined {
    switch (event.type) {
      case 'started':
        this.terminal.out(`${event.agent}:\n`);
        return undefined;
      case 'text-delta':
        this.say(event.text);
        return undefined;
      case 'turn-started':
      case 'tool-started':
        this.endLine();
        return undefined;
      case 'tool-finished':
        this.note(renderCall(event));
        return undefined;
      case 'completed':
        this.endLine();
        this.end(event.response);
        return event.response;
      case 'failed':
        return undefined;
    }
  }

  private end({ stopReason, approval, agent, sessionId = '' }: InvokeResponse): void {
    if (approval === undefined) {
      if (stopReason !== 'completed') this.note(`ended early: ${stopReason}`);
      return;
    }
    for (const { toolset, tool, input } of approval.calls) {
      this.note(`waits for approval: ${toolset}/${tool} ${printable(JSON.stringify(input))}`);
    }
    this.note(`until ${approval.expiresAt}: agentyard approvals approve ${agent} ${approval.id}`);
    this.note(`then: agentyard invoke ${agent} --resume --session ${printable(sessionId)}`);
  }

  private say(text: string): void {
    if (!this.hasText) this.terminal.out('\n');
    this.hasText = true;
    this.terminal.out(printableText(text));
    this.atLineStart = text.endsWith('\n');
  }

  /** The next text is of another turn. */
  private endLine(): void {
    if (!this.atLineStart) this.terminal.out('\n');
    this.atLineStart = true;
    this.hasText = false;
  }

  private note(text: string): void {
    this.endLine();
    this.terminal.out(`  ${text}\n`);
  }
}

function renderCall({ toolset, tool, input, isError, durationMs }: ToolCall): string {
  const text = JSON.stringify(input);
  const short = printable(text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT)}…` : text);
  return `tool ${toolset}/${tool} ${short} ${isError ? 'failed' : 'done'} in ${Math.round(durationMs)} ms`;
}
